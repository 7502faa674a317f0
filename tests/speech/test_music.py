from __future__ import annotations

import numpy as np
import pytest

from ivr.audio import FRAME, RATE
from ivr.speech.level import active_level
from ivr.speech.mastering import LEVEL
from ivr.speech.music import BELOW_SPEECH_DB, hold_music
from ivr.speech.prompts import PromptStore
from ivr.speech.voicing import Voicing
from ivr.standards.house import Utterance

MUSIC = Utterance("hold_music", "", kind="music")


@pytest.mark.req("D1")
def test_music_is_softer_than_speech_and_of_whole_frames() -> None:
    music = hold_music()
    assert len(music) % FRAME == 0
    assert 20 < len(music) / RATE < 40
    assert active_level(music) == pytest.approx(LEVEL - BELOW_SPEECH_DB, abs=0.5)


def test_it_has_no_seam() -> None:
    """Where it begins again it steps no further than it does within."""
    music = hold_music().astype(float)
    assert abs(music[0] - music[-1]) <= np.abs(np.diff(music)).max()
    seconds = music.reshape(-1, FRAME)
    around = np.concatenate([seconds[-1], seconds[0]])
    assert np.abs(np.diff(around, 2)).max() <= np.abs(np.diff(music, 2)).max()


def test_a_telephone_carries_it() -> None:
    spectrum = np.abs(np.fft.rfft(hold_music())) ** 2
    hertz = np.fft.rfftfreq(len(hold_music()), 1 / RATE)
    assert spectrum[(hertz > 190) & (hertz < 3400)].sum() > 0.99 * spectrum.sum()


def test_it_is_neither_slowed_down_nor_a_beep() -> None:
    store = PromptStore(sets=[])
    music = store.audio([MUSIC], 0.0)
    assert music == store.audio([MUSIC], 0.0, Voicing(tempo=0.8))
    assert len(music) > len(store.audio([Utterance("message_tone", "", kind="tone")], 0.0))
