from __future__ import annotations

import re
import time
from collections.abc import Callable

import pytest

from ivr.config import SipSettings
from ivr.dialog.events import (
    Connected,
    KeyPressed,
    MediaLost,
    RemoteHangup,
    RemoteHold,
    RemoteResume,
    TransferProgress,
)
from tests.telephony import sipp
from tests.telephony.conftest import Line
from tests.telephony.rtp import EVENT, RtpPeer

pytestmark = pytest.mark.sip


def connected(line: Line, peer: RtpPeer, then: str) -> sipp.SippRun:
    """A call that is up, with the far side's RTP aimed at us; `then` goes on after the ACK."""
    run = line.call(sipp.invite(sipp.sdp(peer.port)) + sipp.answered() + then)
    line.first(Connected)
    line.until(run.messages)
    peer.aim(our_rtp_port(run))
    return run


def our_rtp_port(run: sipp.SippRun) -> int:
    ports = re.findall(r"m=audio (\d+) ", run.messages())
    return int(ports[-1])


def loudness(line: Line) -> int:
    """Peak of what the leg heard since the last time, in steps of 16-bit samples."""
    received = line.leg.received
    audio = b"".join(bytes(received.popleft()) for _ in range(len(received)))
    return max(
        (abs(int.from_bytes(audio[i : i + 2], "little", signed=True)) for i in range(0, len(audio), 2)), default=0
    )


# ---------------------------------------------------------------- the end of a call


def test_a_caller_who_gives_up_before_the_answer(line: Line, peer: RtpPeer) -> None:
    line.answering = False
    steps = sipp.invite(sipp.sdp(peer.port)) + sipp.receive(100) + sipp.pause(0.3) + sipp.cancel()
    run = line.call(steps + sipp.receive(200) + sipp.refused(487))
    assert line.first(RemoteHangup).code == 487
    line.finish(run)


def test_we_hang_up_and_say_why(line: Line, peer: RtpPeer) -> None:
    run = connected(line, peer, sipp.expect("BYE") + sipp.reply("200 OK"))
    line.leg.hang_up('sil"ence\r\nX: y')
    assert line.first(RemoteHangup).code == 200
    line.finish(run)
    assert 'Reason: SIP;cause=200;text="silenceX y"' in run.messages()


def test_before_the_answer_hanging_up_is_a_refusal(line: Line, peer: RtpPeer) -> None:
    line.answering = False
    run = line.call(sipp.invite(sipp.sdp(peer.port)) + sipp.receive(100) + sipp.refused(480))
    line.until(lambda: line.events)
    line.leg.hang_up("closed")
    line.finish(run)
    assert line.first(RemoteHangup).code == 480


def test_nothing_is_told_and_nothing_breaks_after_the_end(line: Line, peer: RtpPeer) -> None:
    run = connected(line, peer, sipp.bye())
    line.first(RemoteHangup)
    line.finish(run)
    before, leg = len(line.events), line.leg
    leg.ring()
    leg.answer()
    leg.transfer("sip:0@127.0.0.1")
    leg.press("1")
    leg.hang_up("late")
    line.play_on(1.2)
    assert len(line.events) == before
    assert not line.endpoint.legs


# ---------------------------------------------------------------- media


def test_what_is_played_is_on_the_wire_frame_by_frame(line: Line, peer: RtpPeer) -> None:
    connected(line, peer, sipp.pause(20))
    line.play_on(0.2)
    leg = line.leg
    start = leg.clock + 0.1
    leg.playout.play(b"\x00\x40" * 160 * 10, start)
    leg_frames = leg.playout.frames
    line.play_on(0.6)
    packets = peer.received()
    loud = [packet for packet in packets if packet.payload != b"\xd5" * 160]
    assert len(loud) == 10
    sequence = [packet.sequence for packet in packets]
    assert sequence == list(range(sequence[0], sequence[0] + len(packets)))
    assert loud[-1].timestamp - loud[0].timestamp == 9 * 160
    assert leg.clock == pytest.approx(start + 0.5, abs=0.2)
    assert leg.playout.frames > leg_frames


def test_the_caller_is_heard(line: Line, peer: RtpPeer) -> None:
    connected(line, peer, sipp.pause(20))
    line.talk(peer, 20)
    assert loudness(line) > 20_000


@pytest.mark.usefixtures("full_build")
def test_rtp_from_elsewhere_is_not_heard_once_the_caller_has_spoken(line: Line, peer: RtpPeer) -> None:
    connected(line, peer, sipp.pause(20))
    line.talk(peer, 20)
    line.play_on(0.4)
    loudness(line)
    with RtpPeer() as stranger:
        stranger.to = peer.to
        line.talk(stranger, 40)
        assert loudness(line) == 0
        assert not stranger.received()


@pytest.mark.usefixtures("full_build")
def test_a_stranger_who_sends_first_does_not_keep_the_line(line: Line, peer: RtpPeer) -> None:
    connected(line, peer, sipp.pause(20))
    with RtpPeer() as stranger:
        stranger.to = peer.to
        line.talk(stranger, 10)
        line.talk(peer, 10)
        line.play_on(0.2)
        stranger.received()
        peer.received()
        line.talk(peer, 20)
        assert not stranger.received()
        assert peer.received()


@pytest.mark.req("B13")
def test_media_that_stops_is_lost_once(line: Line, peer: RtpPeer) -> None:
    connected(line, peer, sipp.pause(20))
    peer.talk(10)
    line.first(MediaLost)
    line.play_on(2.0)
    assert len(line.all(MediaLost)) == 1


@pytest.mark.req("B13")
def test_media_that_never_came_is_not_lost(line: Line, peer: RtpPeer) -> None:
    connected(line, peer, sipp.pause(20))
    line.play_on(3.5)
    assert not line.all(MediaLost)


# ---------------------------------------------------------------- keys


def test_each_key_is_told_once_whatever_becomes_of_its_packets(line: Line, peer: RtpPeer) -> None:
    connected(line, peer, sipp.pause(20))
    peer.talk(5)
    peer.press("1")
    peer.press("1")  # the same key again
    peer.press("0", lengths=(480,), ends=1)  # the first packets lost
    peer.press("#", lengths=(160, 320, 480), ends=0)  # the last packets lost
    peer.timestamp += 1600
    peer.send(peer.key_packet("9", 480, end=False), EVENT, peer.timestamp)
    peer.send(peer.key_packet("9", 320, end=False), EVENT, peer.timestamp, sequence=peer.sequence - 1)  # overtaken
    peer.send(peer.key_packet("9", 640, end=True), EVENT, peer.timestamp)
    peer.press("D")
    line.until(lambda: KeyPressed("D") in line.events)
    line.play_on(0.2)
    assert [key.key for key in line.all(KeyPressed)] == ["1", "1", "0", "#", "9", "D"]


def test_keys_are_sent_as_events(line: Line, peer: RtpPeer) -> None:
    connected(line, peer, sipp.pause(20))
    line.leg.press("5#")
    line.play_on(1.2)
    events = [packet for packet in peer.received() if packet.payload_type == EVENT]
    assert list(dict.fromkeys((packet.timestamp, packet.payload[0]) for packet in events if packet.payload[1] & 0x80))
    assert [code for _, code in dict.fromkeys((packet.timestamp, packet.payload[0]) for packet in events)] == [5, 11]


# ---------------------------------------------------------------- hold


@pytest.mark.parametrize(
    ("direction", "address"), [("sendonly", "127.0.0.1"), ("inactive", "127.0.0.1"), ("sendrecv", "0.0.0.0")]
)
def test_the_far_side_holds_and_resumes(line: Line, peer: RtpPeer, direction: str, address: str) -> None:
    hold = sipp.reinvite(sipp.sdp(peer.port, direction, version=2, address=address), cseq=2)
    resume = sipp.reinvite(sipp.sdp(peer.port, "sendrecv", version=3), cseq=3)
    run = connected(line, peer, sipp.pause(0.5) + hold + sipp.pause(2.5) + resume + sipp.pause(1) + sipp.bye())
    peer.talk(10)
    line.first(RemoteHold)
    leg, held_at = line.leg, time.monotonic()
    clock_at_hold = leg.clock
    line.first(RemoteResume)
    assert leg.clock - clock_at_hold == pytest.approx(time.monotonic() - held_at, abs=0.1)
    peer.received()
    line.play_on(0.5)
    assert len(peer.received()) > 15, "we speak again"
    line.finish(run)
    line.first(RemoteHangup)
    kinds = [type(event) for event in line.events[1:]]
    assert kinds == [Connected, RemoteHold, RemoteResume, RemoteHangup], "no media was lost on hold"


def test_a_stream_cannot_be_switched_off(line: Line, peer: RtpPeer) -> None:
    off = sipp.reinvite(sipp.sdp(0, version=2), cseq=2, answer=488)
    run = connected(line, peer, sipp.pause(0.3) + off + sipp.pause(0.5) + sipp.bye())
    line.finish(run)
    line.first(RemoteHangup)
    assert len(peer.received()) > 30, "the call goes on as it was"
    assert not line.all(RemoteHold)


# ---------------------------------------------------------------- transfer


def transferred(line: Line, peer: RtpPeer, then: str) -> list[int]:
    """Codes of the progress of a transfer whose REFER is answered with `then`."""
    run = connected(line, peer, sipp.expect("REFER") + then + sipp.pause(0.3) + sipp.bye(cseq=20))
    line.leg.transfer("sip:0@127.0.0.1:5099")
    line.finish(run)
    line.first(RemoteHangup)
    assert re.search(r"Refer-To: <?sip:0@127\.0\.0\.1:5099>?", run.messages())
    return [progress.code for progress in line.all(TransferProgress)]


@pytest.mark.req("D8")
def test_a_transfer_is_followed_to_its_success(line: Line, peer: RtpPeer) -> None:
    steps = sipp.reply("202 Accepted") + sipp.notify("100 Trying", "active;expires=60", 11)
    steps += sipp.notify("180 Ringing", "active;expires=60", 12)
    codes = transferred(line, peer, steps + sipp.notify("200 OK", "terminated;reason=noresource", 13))
    assert list(dict.fromkeys(codes)) == [100, 180, 200]
    assert codes.count(200) == 1


@pytest.mark.req("D8")
def test_a_busy_target_is_told(line: Line, peer: RtpPeer) -> None:
    steps = sipp.reply("202 Accepted") + sipp.notify("486 Busy Here", "terminated;reason=noresource", 11)
    assert transferred(line, peer, steps)[-1] == 486


@pytest.mark.req("D8")
def test_a_refused_refer_is_told(line: Line, peer: RtpPeer) -> None:
    assert transferred(line, peer, sipp.reply("603 Decline")) == [603]


@pytest.mark.req("D8")
def test_a_target_that_is_no_uri_fails_at_once(line: Line, peer: RtpPeer) -> None:
    connected(line, peer, sipp.pause(20))
    line.leg.transfer("")
    assert line.first(TransferProgress).code >= 400


def test_we_are_not_sent_elsewhere(line: Line, peer: RtpPeer) -> None:
    refer = sipp.request("REFER", 2, "Refer-To: <sip:13800000000@127.0.0.1:5099>\n") + sipp.receive(603)
    run = connected(line, peer, refer + sipp.bye())
    line.finish(run)
    assert [type(event) for event in line.events[1:]] == [Connected, RemoteHangup]


def test_nobody_replaces_a_call(line: Line, peer: RtpPeer) -> None:
    run = connected(line, peer, sipp.pause(1) + sipp.bye())
    ours = re.findall(r"^To: .*tag=(\S+)", run.messages(), re.MULTILINE)[-1]
    theirs, call_id = re.findall(r"^From: .*tag=(\S+)\s+To: .*\s+Call-ID: (\S+)", run.messages(), re.MULTILINE)[0]
    replaces = f"Replaces: {call_id};to-tag={ours};from-tag={theirs}\n"
    refused = line.call(
        sipp.invite(sipp.sdp(peer.port), replaces) + sipp.receive(100, optional=True) + sipp.refused(603)
    )
    line.finish(refused)
    assert len(line.events) == 2, "the call goes on"
    line.finish(run)


# ---------------------------------------------------------------- many at once


@pytest.mark.usefixtures("full_build")
def test_ten_calls_do_not_mix(open_line: Callable[[SipSettings], Line], settings: SipSettings, peer: RtpPeer) -> None:
    line = open_line(settings)
    steps = sipp.invite(sipp.sdp(peer.port)) + sipp.answered() + sipp.pause(1.5) + sipp.bye()
    run = line.call(steps, "-m", "10", "-l", "10", "-r", "50")
    line.until(lambda: len(line.all(Connected)) == 10)
    legs = [happening.leg for happening in line.happenings if isinstance(happening.event, Connected)]
    line.play_on(0.5)
    frames = [leg.playout.frames for leg in legs]
    assert min(frames) > 10
    assert max(frames) - min(frames) < 40
    line.finish(run)
    line.until(lambda: len(line.all(RemoteHangup)) == 10)
    line.until(lambda: not line.endpoint.legs)
