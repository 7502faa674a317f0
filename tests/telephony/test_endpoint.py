from __future__ import annotations

import pytest

from ivr.dialog.events import Connected, Invited, RemoteHangup
from ivr.telephony.playout import SILENCE
from tests.telephony import sipp
from tests.telephony.conftest import Line
from tests.telephony.rtp import RtpPeer

pytestmark = pytest.mark.sip


def test_a_call_is_answered_and_silence_flows_until_the_caller_hangs_up(line: Line, peer: RtpPeer) -> None:
    run = line.call(
        sipp.invite(sipp.sdp(peer.port), extra="X-Rings: 4\nX-Waited: 12.5\n")
        + sipp.receive(100)
        + sipp.receive(180)
        + sipp.receive(200)
        + sipp.ack()
        + sipp.pause(1)
        + sipp.bye('Reason: Q.850;cause=16;text="Normal call clearing"\n'),
        "-s",
        "4008",
    )
    line.first(Connected)
    line.finish(run)
    line.first(RemoteHangup)
    invited = line.first(Invited)
    assert (invited.dialled, invited.caller) == ("4008", "8613812345678")
    assert (invited.rings_before, invited.waited_s) == (4, 12.5)
    assert line.events[1:] == [Connected(), RemoteHangup(200, 'Q.850;cause=16;text="Normal call clearing"')]
    packets = peer.received()
    assert 45 <= len(packets) <= 60
    assert {packet.payload for packet in packets} == {b"\xd5" * 160}
    assert line.happenings[0].leg.received[0] == SILENCE
