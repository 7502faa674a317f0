"""Our own voice that comes back: what is learnt of it, and a whole call in which it stops when we stop."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest

from ivr.dialog.events import SpeechConfirmed, SpeechEnded, SpeechOnset, SpeechRejected
from ivr.speech.activity import VoiceActivity
from ivr.speech.echo import Echo
from tests.speech.line import RATE, Signal, on_the_line, silence, voice, white

ROW = np.array([0])
MOST_ECHOES = -42.0


def at(seconds: float) -> np.ndarray:
    return np.array([round(seconds * RATE)])


@pytest.fixture
def echo() -> Echo:
    made = Echo(1)
    made.reset(0)
    return made


def test_our_voice_may_come_back_for_300_ms(echo: Echo) -> None:
    assert not echo.over(ROW, at(1.0))[0]
    echo.speaking(ROW, at(1.0))
    assert echo.over(ROW, at(1.3))[0]
    assert not echo.over(ROW, at(1.31))[0]


@pytest.mark.req("C1")
def test_what_stops_when_we_stop_was_our_echo_and_has_to_be_louder_from_then_on(echo: Echo) -> None:
    echo.speaking(ROW, at(1.0))
    echo.stopped(0, 1.2, -40.0, confirmed=False)
    assert echo.near(ROW)[0] == -34.0


def test_a_cough_while_we_are_silent_is_no_echo(echo: Echo) -> None:
    echo.stopped(0, 1.2, -30.0, confirmed=False)
    assert echo.near(ROW)[0] == MOST_ECHOES


def test_nothing_is_believed_to_be_an_echo_as_loud_as_a_caller(echo: Echo) -> None:
    echo.speaking(ROW, at(1.0))
    echo.stopped(0, 1.2, -12.0, confirmed=True)
    assert echo.near(ROW)[0] == -30.0


@pytest.mark.req("C1")
def test_a_soft_caller_whom_we_know_is_heard_over_our_voice_again(echo: Echo) -> None:
    echo.speaking(ROW, at(1.0))
    echo.stopped(0, 1.2, -38.0, confirmed=False)
    echo.stopped(0, 3.0, -36.0, confirmed=True)
    assert echo.near(ROW)[0] == MOST_ECHOES


class Told(NamedTuple):
    onsets: int
    confirmed: int


def speak(loss_db: float, delay_s: float, caller: Signal | None = None) -> Told:
    """Ten seconds of our prompts, which rest at an onset and go on at a rejection, while they come back."""
    frames, delay = 500, round(delay_s * RATE / 160)
    ours = np.concatenate([voice(-26.0, number) for number in range(5)])[: frames * 160].reshape(-1, 160)
    back = np.zeros((frames + delay, 160))
    line = (silence(10.0) if caller is None else np.pad(caller, (0, 80000 - len(caller)))).reshape(-1, 160)
    noise = white(10.0, -65.0).reshape(-1, 160)
    ears, resting, said, told = VoiceActivity(capacity=1), False, 0, Told(0, 0)
    ears.add(0)
    for frame in range(frames):
        if not resting:
            back[frame + delay] = ours[said] * 10 ** (-loss_db / 20)
            said += 1
        pcm = on_the_line(back[frame] + line[frame] + noise[frame], noise_dbov=-95.0)
        for heard in ears.process({0: pcm}, speaking=() if resting else (0,)):
            match heard.event:
                case SpeechOnset():
                    told, resting = told._replace(onsets=told.onsets + 1), True
                case SpeechConfirmed():
                    told = told._replace(confirmed=told.confirmed + 1)
                case SpeechRejected() | SpeechEnded():
                    resting = False
    return told


@pytest.mark.req("C1")
@pytest.mark.parametrize("loss_db", [25.0, 20.0, 15.0])
def test_a_sharp_echo_makes_us_pause_no_more_than_a_few_times(loss_db: float) -> None:
    told = speak(loss_db, delay_s=0.15)
    assert told.onsets <= 3
    assert told.confirmed == 0


@pytest.mark.req("C1")
def test_a_caller_is_heard_over_a_sharp_echo() -> None:
    caller = np.concatenate([silence(6.0), voice(-26.0, 8)[: 3 * RATE]])
    assert speak(15.0, delay_s=0.15, caller=caller).confirmed == 1
