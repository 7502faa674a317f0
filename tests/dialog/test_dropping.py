from __future__ import annotations

import pytest

from ivr.dialog.dropping import ended_normally, was_dropped
from ivr.dialog.events import RemoteHangup
from tests.dialog.helpers import Driver

NORMAL = RemoteHangup(200, "Q.850;cause=16")
pytestmark = pytest.mark.req("B9")


@pytest.mark.parametrize(
    ("reason", "normal"),
    [
        ("", True),
        ("Q.850;cause=16", True),
        ('Q.850 ;cause=31 ;text="Normal, unspecified"', True),
        ("SIP;cause=200", True),
        ("Q.850;cause=38", False),
        ('Q.850;cause=41;text="Temporary failure"', False),
        ('SIP;cause=503;text="Service Unavailable"', False),
        ('SIP;cause=200, q.850;cause=27;text="Destination out of order"', False),
        ("Normal Clearing", True),
    ],
)
def test_a_reason_tells_whether_it_was_normal_clearing(reason: str, normal: bool) -> None:
    assert ended_normally(reason) is normal


@pytest.mark.parametrize(
    ("outcome", "hangup", "matter", "dropped"),
    [
        ("media_lost", None, False, True),
        ("leg_failed", RemoteHangup(408, ""), False, True),
        ("caller_hung_up", NORMAL, False, False),
        ("caller_hung_up", NORMAL, True, True),
        ("caller_hung_up", RemoteHangup(200, "Q.850;cause=38"), False, True),
        ("silence", None, True, False),
        ("transferred", NORMAL, True, False),
        ("no_choice", NORMAL, True, False),
    ],
)
def test_what_counts_as_cut_off(outcome: str, hangup: RemoteHangup | None, matter: bool, dropped: bool) -> None:
    assert was_dropped(outcome, hangup, goodbye=False, matter=matter) is dropped
    assert not was_dropped(outcome, hangup, goodbye=True, matter=matter)


def test_whom_we_gave_up_in_the_middle_of_a_matter_was_cut_off_too() -> None:
    assert was_dropped("no_choice", None, goodbye=False, matter=True, given_up=True)
    assert not was_dropped("no_choice", None, goodbye=False, matter=False, given_up=True)
    assert not was_dropped("no_choice", None, goodbye=True, matter=True, given_up=True)


def fallen_silent(*said: str, caller: str | None) -> Driver:
    """After they said that; until we hang up."""
    call = Driver("general", words=True).greeted(caller=caller)
    for text in said:
        call.say(text)
        call.said()
    for _ in range(20):
        if not call.call.outcome:
            call.due()
            call.said()
    assert call.call.outcome == "no_choice"
    return call


@pytest.mark.req("B9", "E2", "E8")
@pytest.mark.parametrize(
    "said",
    [("我要投诉", "快递员骂我", "对"), ("我要投诉", "快递员骂我"), ("我是记者", "我叫王小明"), ("投诉客服", "他骂我")],
)
def test_who_falls_silent_in_the_middle_of_what_they_tell_is_rung_back(said: tuple[str, ...]) -> None:
    call = fallen_silent(*said, caller="13800138000")
    assert [note["promise"] for note in call.notes("owed")] == ["dropped"]
    assert call.call.standing.slots


@pytest.mark.req("E2", "E4", "E8")
@pytest.mark.parametrize(
    ("said", "ticket", "summary"),
    [
        (("我要投诉", "快递员骂我", "对"), "complaint", "反映：快递员骂我"),
        (("投诉客服", "他骂我"), "manner", "反映：他骂我"),
        (("我是记者", "我叫王小明"), "press_called", "姓名王小明"),
    ],
)
def test_where_nobody_can_be_rung_it_is_on_a_ticket(said: tuple[str, ...], ticket: str, summary: str) -> None:
    assert fallen_silent(*said, caller=None).notes("owed") == [{"promise": ticket, "summary": summary}]


@pytest.mark.req("B9", "B10")
@pytest.mark.parametrize("said", [("我要投诉",), ("我要投诉", "快递员骂我", "算了不投诉了")])
@pytest.mark.parametrize("caller", ["13800138000", None])
def test_who_told_nothing_or_would_rather_not_is_owed_nothing(said: tuple[str, ...], caller: str | None) -> None:
    assert fallen_silent(*said, caller=caller).notes("owed") == []
