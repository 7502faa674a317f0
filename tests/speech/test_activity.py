"""Voice activity as a call has it: whole signals through A-law, events out."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from ivr.dialog.events import (
    Event,
    FaintSpeech,
    KeyPressed,
    SpeechConfirmed,
    SpeechEnded,
    SpeechOnset,
    SpeechPaused,
    SpeechRejected,
)
from ivr.speech.activity import Heard, VoiceActivity
from ivr.speech.level import SILENT
from tests.speech.line import (
    NOT_SPEECH,
    RATE,
    Signal,
    begins,
    hear,
    key,
    on_the_line,
    pink,
    recording,
    silence,
    together,
    voice,
    white,
)

LEAD_S = 1.0
LEVELS = (-12.0, -26.0, -36.0)


def after_silence(signal: Signal) -> bytes:
    return on_the_line(np.concatenate([silence(LEAD_S), signal, silence(1.0)]))


def first(heard: list[Heard], kind: type[Event]) -> float:
    """Instant of the first such event; infinite where there is none."""
    return min((each.at for each in heard if isinstance(each.event, kind)), default=float("inf"))


def around(signal: Signal) -> Signal:
    """Between time enough to learn the line's noise, and to hear the end."""
    return np.concatenate([silence(3.0), signal, silence(1.0)])


def word(dbov: float, number: int, seconds: float = 0.4) -> Signal:
    """The beginning of a prompt: a syllable or two."""
    return voice(dbov, number)[: round(seconds * RATE)]


def kinds(heard: list[Heard]) -> list[type[Event]]:
    return [type(each.event) for each in heard]


def with_echo(signal: Signal, number: int, loss_db: float) -> Signal:
    """The signal, and our own prompts coming back at the same time."""
    echo = np.concatenate([voice(-26.0 - loss_db, number + n) for n in range(8)])
    return signal + np.resize(echo, len(signal))


@pytest.mark.req("B1")
@pytest.mark.parametrize("level", LEVELS)
def test_a_caller_is_confirmed_and_their_end_is_told_to_40_ms(level: float) -> None:
    voices = [voice(level, number) for number in range(10)]
    for signal, heard in zip(voices, hear([after_silence(v) for v in voices]), strict=True):
        assert first(heard, SpeechConfirmed) - LEAD_S <= 0.6
        ends = [each.event.last_voiced for each in heard if isinstance(each.event, SpeechEnded)]
        assert ends[-1] == pytest.approx(LEAD_S + len(signal) / RATE, abs=0.04)


@pytest.mark.req("C1")
@pytest.mark.parametrize("level", LEVELS)
def test_an_onset_is_told_within_100_ms(level: float) -> None:
    voices = [voice(level, number) for number in range(20)]
    heard = hear([after_silence(each) for each in voices], speaking=True)
    delays = [first(told, SpeechOnset) - LEAD_S - begins(each) for told, each in zip(heard, voices, strict=True)]
    assert np.median(delays) <= 0.06
    assert np.quantile(delays, 0.9) <= 0.12  # rendered prompts start more abruptly than people do


@pytest.mark.req("B1")
@pytest.mark.parametrize("name", NOT_SPEECH)
def test_what_is_not_speech_is_never_confirmed(name: str) -> None:
    make = NOT_SPEECH[name]
    for heard in hear([after_silence(make(level)) for level in LEVELS]):
        assert SpeechConfirmed not in kinds(heard)


@pytest.mark.req("B1")
def test_every_onset_is_settled_before_the_next() -> None:
    sounds = [make(-20.0) for make in NOT_SPEECH.values()] + [voice(-26.0, number) for number in range(6)]
    follows: dict[type[Event], set[type[Event]]] = {
        SpeechOnset: {SpeechConfirmed, SpeechRejected},
        SpeechConfirmed: {SpeechPaused, SpeechEnded},
        SpeechPaused: {SpeechPaused, SpeechEnded},
        SpeechRejected: {SpeechOnset},
        SpeechEnded: {SpeechOnset},
    }
    for heard in hear([after_silence(sound) for sound in sounds]):
        told = [kind for kind in kinds(heard) if kind not in {KeyPressed, FaintSpeech}]
        assert all(b in follows[a] for a, b in pairwise(told))
        assert not told or told[-1] in {SpeechRejected, SpeechEnded}


@pytest.mark.req("C1")
def test_our_own_echo_30_db_down_does_not_barge_in() -> None:
    calls = [on_the_line(with_echo(silence(6.0), number, loss_db=30.0)) for number in range(10)]
    assert hear(calls, speaking=True) == [[]] * 10


@pytest.mark.req("C1")
@pytest.mark.parametrize("level", LEVELS)
def test_a_caller_barges_in_over_our_echo(level: float) -> None:
    calls = []
    for number in range(8):
        signal = np.concatenate([silence(LEAD_S), voice(level, number)])
        calls.append(on_the_line(with_echo(signal, number + 11, loss_db=30.0)))
    heard = hear(calls, speaking=True)
    assert all(LEAD_S <= first(each, SpeechOnset) <= LEAD_S + 0.2 for each in heard)
    assert all(SpeechConfirmed in kinds(each) for each in heard)


@pytest.mark.req("B1")
@pytest.mark.parametrize("noise", [-46.0, -41.0, -36.0])
def test_a_single_word_is_confirmed_in_noise(noise: float) -> None:
    calls = [on_the_line(around(word(-26.0, number)), noise, seed=number) for number in range(12)]
    assert sum(SpeechConfirmed in kinds(heard) for heard in hear(calls)) >= 11


@pytest.mark.req("C2")
def test_a_short_answer_is_confirmed_where_one_was_asked_for() -> None:
    """pipecat #3643: a short 是 on an 8 kHz line was no answer."""
    calls = [on_the_line(around(word(-26.0, number, seconds=0.2)), seed=number) for number in range(12)]
    assert sum(SpeechConfirmed in kinds(heard) for heard in hear(calls)) == 0
    assert sum(SpeechConfirmed in kinds(heard) for heard in hear(calls, short=True)) >= 10


@pytest.mark.req("B1")
@pytest.mark.parametrize("name", NOT_SPEECH)
def test_what_is_not_speech_is_not_a_short_answer_either(name: str) -> None:
    calls = [after_silence(NOT_SPEECH[name](level)) for level in LEVELS]
    assert all(SpeechConfirmed not in kinds(heard) for heard in hear(calls, short=True))


def test_without_our_voice_on_the_line_a_soft_caller_is_heard() -> None:
    soft = on_the_line(np.concatenate([silence(0.5), voice(-52.0)]))
    assert SpeechConfirmed in kinds(hear([soft])[0])
    assert SpeechOnset not in kinds(hear([soft], speaking=True)[0])


@pytest.mark.req("B2")
def test_a_faint_caller_is_told_and_holds_nothing_up() -> None:
    calls = [on_the_line(around(voice(-62.0, number)), noise_dbov=-75.0) for number in range(10)]
    for heard in hear(calls):
        assert set(kinds(heard)) <= {FaintSpeech, SpeechOnset, SpeechRejected}
        faint = [each.event for each in heard if isinstance(each.event, FaintSpeech)]
        assert faint
        assert sum(event.voiced_s for event in faint) >= 0.3
        assert all(-64 <= event.level < -52 for event in faint if event.voiced_s)


@pytest.mark.req("B2")
@pytest.mark.parametrize("level", [-54.0, -52.0, -50.0])
def test_a_voice_on_the_verge_of_near_is_heard_as_one_or_the_other(level: float) -> None:
    calls = [on_the_line(around(voice(level, number)), noise_dbov=-75.0) for number in range(10)]
    assert all({FaintSpeech, SpeechConfirmed} & set(kinds(heard)) for heard in hear(calls))


@pytest.mark.req("B2")
@pytest.mark.parametrize("noise", [-80.0, -72.0, -68.0, -65.0, -62.0, -58.0, -55.0])
def test_line_noise_is_no_faint_caller(noise: float) -> None:
    calls = [on_the_line(make(20.0, noise, seed), noise_dbov=-90.0) for make in (white, pink) for seed in range(3)]
    assert all(FaintSpeech not in kinds(heard) and SpeechConfirmed not in kinds(heard) for heard in hear(calls))


def test_neither_our_echo_nor_people_behind_a_near_caller_are_a_faint_caller() -> None:
    echo = on_the_line(with_echo(silence(6.0), 0, loss_db=32.0))
    behind = on_the_line(np.concatenate([silence(1.0), voice(-22.0), silence(2.0), voice(-58.0, 3), silence(1.0)]))
    alone = on_the_line(around(voice(-58.0, 3)))
    assert FaintSpeech not in kinds(hear([echo], speaking=True)[0])
    assert FaintSpeech not in kinds(hear([behind])[0])
    assert FaintSpeech in kinds(hear([alone])[0])


@pytest.mark.req("B1")
def test_a_caller_40_db_too_loud_is_heard_and_what_is_not_speech_still_is_not() -> None:
    voices = [around(100 * voice(-26.0, number)) for number in range(8)]
    for heard in hear([on_the_line(signal) for signal in voices]):
        assert first(heard, SpeechConfirmed) - 3.0 <= 0.8
        assert kinds(heard)[-1] is SpeechEnded
    too_loud = [on_the_line(around(100 * make(-26.0))) for name, make in NOT_SPEECH.items() if name != "coughs"]
    assert all(SpeechConfirmed not in kinds(heard) for heard in hear(too_loud))


@pytest.mark.req("B1")
@pytest.mark.parametrize("offset", [300.0, 4000.0, 16384.0, -16384.0])
def test_a_constant_in_the_audio_hides_neither_a_caller_nor_a_key_nor_is_it_one(offset: float) -> None:
    spoken = [on_the_line(around(voice(-26.0, number)) + offset) for number in range(6)]
    assert all(3.0 <= first(heard, SpeechConfirmed) <= 3.8 for heard in hear(spoken))
    keyed, nothing = hear([on_the_line(around(key("5", 0.2)) + offset), on_the_line(silence(5.0) + offset)])
    assert kinds(keyed) == [KeyPressed]
    assert nothing == []


def test_comfort_noise_that_comes_and_goes_between_digital_silence_is_nothing() -> None:
    noise = np.concatenate([white(0.7, -58.0, n) if n % 2 else silence(0.4) for n in range(40)])
    assert hear([on_the_line(noise, noise_dbov=-95.0), on_the_line(noise * 3, noise_dbov=-95.0)]) == [[], []]


@pytest.mark.req("C2")
@pytest.mark.parametrize("name", ["music", "drums", "pink"])
def test_a_turn_ends_in_spite_of_noise_10_db_below_it(name: str) -> None:
    calls, ends = [], []
    for number in range(5):
        spoken = np.concatenate([silence(3.0), voice(-26.0, number)])
        beside = pink(20.0, -36.0) if name == "pink" else NOT_SPEECH[name](-36.0)
        ends.append(len(spoken) / RATE)
        calls.append(on_the_line(together(spoken, np.resize(beside, len(spoken) + 3 * RATE))))
    for heard, end in zip(hear(calls), ends, strict=True):
        told = [each.event.last_voiced for each in heard if isinstance(each.event, SpeechEnded)]
        assert end - 0.3 <= told[-1] <= end + 0.5


def test_babble_without_end_is_speech_without_end() -> None:
    """Nothing here tells a television from a caller; the dialogue bounds the turn, and the words tell the rest."""
    voices = [np.concatenate([voice(-32.0, number + n) for n in range(12)]) for number in range(5)]
    babble = together(*voices)[: 20 * RATE]
    (heard,) = hear([on_the_line(np.concatenate([silence(1.0), babble]))])
    assert first(heard, SpeechConfirmed) < 2.0
    voiced = sum(each.event.voiced_s for each in heard if isinstance(each.event, SpeechEnded))
    assert SpeechEnded not in kinds(heard) or voiced > 10.0


@pytest.mark.req("B1")
def test_a_loud_line_does_not_pass_for_a_caller_nor_hide_one() -> None:
    speech = np.concatenate([silence(3.0), voice(-20.0), silence(1.0)])
    (heard,) = hear([on_the_line(speech, noise_dbov=-40.0)])
    assert first(heard, SpeechOnset) > 3.0
    assert first(heard, SpeechConfirmed) < 3.6


def test_keys_are_pressed_once_each_and_are_no_speech() -> None:
    keys = [
        np.concatenate([key(symbol, seconds), silence(0.1)])
        for symbol, seconds in (("1", 0.05), ("0", 0.6), ("#", 0.1))
    ]
    (heard,) = hear([after_silence(np.concatenate(keys))])
    assert [each.event.key for each in heard if isinstance(each.event, KeyPressed)] == ["1", "0", "#"]
    assert first(heard, KeyPressed) - LEAD_S <= 0.06
    assert SpeechConfirmed not in kinds(heard)


def test_a_stream_with_telephone_events_reports_no_keys_from_its_audio() -> None:
    ears = VoiceActivity(capacity=1)
    ears.add(7)
    ears.mute_inband(7)
    assert KeyPressed not in [type(each.event) for each in ears.process({7: after_silence(key("5", 0.3))})]


def test_the_callers_level_is_known_once_they_spoke() -> None:
    ears = VoiceActivity(capacity=2)
    for stream in (0, 1):
        ears.add(stream)
    ears.process({0: after_silence(voice(-22.0)), 1: after_silence(white(2.0, -30.0))})
    assert ears.level(0) == pytest.approx(-22.0, abs=1.5)
    assert ears.level(1) == SILENT


def mixed_calls() -> Sequence[bytes]:
    sounds = [voice(-20.0), NOT_SPEECH["music"](-26.0), voice(-33.0, 3), NOT_SPEECH["keys"](-16.0), silence(4.0)]
    return [after_silence(sound) for sound in sounds]


def test_what_is_heard_does_not_depend_on_how_the_audio_was_cut() -> None:
    assert hear(mixed_calls(), frames=1) == hear(mixed_calls(), frames=7)


def test_what_is_heard_does_not_depend_on_the_other_calls() -> None:
    together = hear(mixed_calls())
    alone = [hear([call])[0] for call in mixed_calls()]
    assert [[(h.at, h.event) for h in call] for call in together] == [[(h.at, h.event) for h in call] for call in alone]


def test_streams_that_lag_are_heard_at_their_own_time() -> None:
    ears, call = VoiceActivity(capacity=2), after_silence(voice(-20.0))
    for stream in (1, 2):
        ears.add(stream)
    heard = ears.process({1: call}) + ears.process({2: call[:16000]}) + ears.process({2: call[16000:]})
    one, two = ([(h.at, h.event) for h in heard if h.stream == stream] for stream in (1, 2))
    assert one == two


def test_a_new_stream_starts_afresh_where_another_ended() -> None:
    ears, call = VoiceActivity(capacity=1), after_silence(voice(-20.0))
    rounds = []
    for stream in (5, 6):
        ears.add(stream)
        rounds.append([(h.at, h.event) for h in ears.process({stream: call[: len(call) // 640 * 320]})])
        ears.remove(stream)
    assert rounds[0] == rounds[1]
    assert rounds[0]


def test_a_stream_cannot_be_added_twice_nor_beyond_the_capacity() -> None:
    ears = VoiceActivity(capacity=1)
    ears.add(1)
    for stream in (1, 2):
        with pytest.raises(ValueError, match="cannot be added"):
            ears.add(stream)


def test_nothing_new_is_nothing_heard() -> None:
    ears = VoiceActivity(capacity=1)
    ears.add(1)
    assert ears.process({}) == []
    assert ears.process({1: b""}, speaking={1, 99}) == []


@pytest.mark.req("B1")
@pytest.mark.parametrize("level", LEVELS)
def test_people_are_confirmed_and_their_onset_told_in_time(shared_audio: Path, level: float) -> None:
    paths = sorted(shared_audio.glob("sentence/*.wav"))[1::4]
    people = [recording(str(path), level) for path in paths]
    heard = hear([after_silence(person) for person in people], speaking=True)
    assert all(SpeechConfirmed in kinds(each) for each in heard)
    delays = [first(each, SpeechOnset) - LEAD_S - begins(person) for each, person in zip(heard, people, strict=True)]
    assert np.quantile(delays, 0.9) <= 0.1


@pytest.mark.req("B1")
def test_call_progress_tones_and_noises_around_people_are_not_confirmed(shared_audio: Path) -> None:
    paths = [p for p in sorted(shared_audio.glob("tone/*.wav")) if "silence" not in p.name]
    paths += [
        p for p in sorted(shared_audio.glob("noise/*.wav")) if not any(w in p.name for w in ("Dog", "Baby", "sneeze"))
    ]
    confirmed = [
        path.name
        for path, heard in zip(paths, hear([after_silence(recording(str(p), -20.0)) for p in paths]), strict=True)
        if SpeechConfirmed in kinds(heard)
    ]
    assert confirmed == []
