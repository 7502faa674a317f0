"""Our own voice that comes back: what is learnt of it, and a whole call in which it stops when we stop."""

from __future__ import annotations

import numpy as np
import pytest

from ivr.speech.echo import Echo
from tests.speech.line import RATE, silence, speak_over_echo, voice

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


@pytest.mark.req("C1")
@pytest.mark.parametrize("loss_db", [25.0, 20.0, 15.0])
def test_a_sharp_echo_makes_us_pause_no_more_than_a_few_times(loss_db: float) -> None:
    told = speak_over_echo(loss_db, delay_s=0.15)
    assert told.onsets <= 3
    assert told.confirmed == 0


@pytest.mark.req("C1")
def test_a_caller_is_heard_over_a_sharp_echo() -> None:
    caller = np.concatenate([silence(6.0), voice(-26.0, 8)[: 3 * RATE]])
    assert speak_over_echo(15.0, delay_s=0.15, caller=caller).confirmed == 1
