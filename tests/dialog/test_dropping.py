from __future__ import annotations

import pytest

from ivr.dialog.dropping import ended_normally, was_dropped
from ivr.dialog.events import RemoteHangup

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
