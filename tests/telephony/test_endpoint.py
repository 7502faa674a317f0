from __future__ import annotations

import gc
import random
import re
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from ivr.config import REFUSED_AT_ONCE, SipSettings
from ivr.dialog.events import Connected, Invited, RemoteHangup
from ivr.errors import UserError
from ivr.telephony.playout import SILENCE
from tests.telephony import sipp
from tests.telephony.conftest import Line
from tests.telephony.rtp import RtpPeer

pytestmark = pytest.mark.sip

Open = Callable[[SipSettings], Line]


def changed(settings: SipSettings, **values: object) -> SipSettings:
    return SipSettings.model_validate(settings.model_dump() | values)


def full_call(peer: RtpPeer, media: str = sipp.OFFER) -> str:
    return sipp.invite(sipp.sdp(peer.port, media=media)) + sipp.answered() + sipp.pause(0.5) + sipp.bye()


# ---------------------------------------------------------------- calls


def test_a_call_is_answered_and_silence_flows_until_the_caller_hangs_up(line: Line, peer: RtpPeer) -> None:
    steps = sipp.invite(sipp.sdp(peer.port), extra="X-Rings: 4\nX-Waited: 12.5\n")
    steps += sipp.receive(100) + sipp.receive(180) + sipp.receive(200) + sipp.ack() + sipp.pause(1)
    run = line.call(steps + sipp.bye('Reason: Q.850;cause=16;text="Normal call clearing"\n'), "-s", "4008")
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


def test_sip_over_tcp(line: Line, peer: RtpPeer) -> None:
    line.finish(line.call(full_call(peer), "-t", "t1"))
    assert line.first(RemoteHangup).code == 200


@pytest.mark.parametrize(
    ("offer", "answer"), [("0", "RTP/AVP 0"), ("8", "RTP/AVP 8"), ("18 0 8", "RTP/AVP 0"), ("18 0", "RTP/AVP 0")]
)
def test_g711_is_picked_out_of_any_offer(line: Line, peer: RtpPeer, offer: str, answer: str) -> None:
    run = line.call(full_call(peer, media=f"m=audio {{port}} RTP/AVP {offer}\na=rtpmap:18 G729/8000"))
    line.finish(run)
    ours = run.messages().split("SIP/2.0 200 OK")[1]
    assert re.search(r"m=audio \d+ (RTP/AVP [\d ]+)", ours)[1].startswith(answer)  # type: ignore[index]  # it is there


def test_an_invite_without_an_offer_gets_ours(line: Line, peer: RtpPeer) -> None:
    answer = sipp.request("ACK", 1, body=sipp.sdp(peer.port))
    run = line.call(
        sipp.invite("")
        + sipp.receive(100)
        + sipp.receive(180)
        + sipp.receive(200)
        + answer
        + sipp.pause(0.5)
        + sipp.bye()
    )
    line.finish(run)
    assert line.all(Connected)
    assert len(peer.received()) > 15


def test_sip_over_tls(open_line: Open, settings: SipSettings, tmp_path: Path, free_port: Callable[[], int]) -> None:
    if not shutil.which("openssl"):
        pytest.skip("openssl is not installed")
    certificate, key, port = tmp_path / "certificate.pem", tmp_path / "key.pem", free_port()
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=ivr"]
    subprocess.run([*make, "-keyout", str(key), "-out", str(certificate)], check=True, capture_output=True)
    tls = {"tls_bind": f"127.0.0.1:{port}", "tls_certificate": certificate, "tls_key": key}
    line = open_line(changed(settings, **tls))
    answers: list[bytes] = []
    greeting = threading.Thread(target=_ask_over_tls, args=(port, certificate, answers))
    greeting.start()
    line.until(lambda: not greeting.is_alive())
    assert answers[0].startswith(b"SIP/2.0 200")


def _ask_over_tls(port: int, certificate: Path, answers: list[bytes]) -> None:
    context = ssl.create_default_context(cafile=str(certificate))
    context.check_hostname = False
    with (
        socket.create_connection(("127.0.0.1", port), timeout=10) as plain,
        context.wrap_socket(plain) as secure,
    ):
        secure.sendall(OPTIONS.replace(b"UDP", b"TLS").replace(b"PORT", b"9"))
        answers.append(secure.recv(4096))


# ---------------------------------------------------------------- refusals


def refused(line: Line, peer: RtpPeer, code: int, media: str = sipp.OFFER) -> str:
    """The messages of a call that is turned away with `code`."""
    steps = sipp.invite(sipp.sdp(peer.port, media=media)) + sipp.receive(100, optional=True)
    run = line.call(steps + sipp.refused(code))
    line.finish(run)
    return run.messages()


def test_no_common_codec_is_488(line: Line, peer: RtpPeer) -> None:
    refused(line, peer, 488, media="m=audio {port} RTP/AVP 18\na=rtpmap:18 G729/8000")
    assert not line.events


@pytest.mark.usefixtures("full_build")
def test_an_offer_with_a_host_name_is_488_and_holds_up_nobody(line: Line, peer: RtpPeer) -> None:
    steps = sipp.invite(sipp.sdp(peer.port, address="media.invalid")) + sipp.receive(100, optional=True)
    line.finish(line.call(steps + sipp.receive(180, optional=True) + sipp.refused(488)))
    line.until(lambda: not line.endpoint.legs)


def test_a_sender_that_is_not_on_the_list_is_403(open_line: Open, settings: SipSettings, peer: RtpPeer) -> None:
    line = open_line(changed(settings, allow=["192.0.2.0/24"]))
    refused(line, peer, 403)
    assert not line.events


def test_beyond_the_last_place_it_is_486_and_when_to_try_again(
    open_line: Open, settings: SipSettings, peer: RtpPeer
) -> None:
    line = open_line(changed(settings, max_calls=1))
    first = line.call(sipp.invite(sipp.sdp(peer.port)) + sipp.answered() + sipp.pause(2) + sipp.bye())
    line.first(Connected)
    assert "Retry-After: 10" in refused(line, peer, 486)
    line.finish(first)
    line.until(lambda: not line.endpoint.legs)
    line.finish(line.call(full_call(peer)))
    assert len(line.all(Connected)) == 2, "the place is free again"


def test_the_narrowest_range_of_ports_has_room_for_those_that_are_refused(
    open_line: Open, settings: SipSettings, peer: RtpPeer
) -> None:
    ports = f"31000-{31000 + 2 * (2 + REFUSED_AT_ONCE) - 1}"
    line = open_line(changed(settings, max_calls=2, rtp_ports=ports))
    steps = sipp.invite(sipp.sdp(peer.port)) + sipp.answered() + sipp.pause(2) + sipp.bye()
    running = line.call(steps, "-m", "2", "-l", "2", "-r", "20")
    line.until(lambda: len(line.all(Connected)) == 2)
    steps = sipp.invite(sipp.sdp(peer.port)) + sipp.receive(100, optional=True) + sipp.refused(486)
    crowd = line.call(steps, "-m", "16", "-l", "16", "-r", "200")
    line.finish(crowd)
    line.finish(running)


def test_what_strangers_make_the_library_say_is_told_once(line: Line) -> None:
    with capture_logs() as logged, socket.socket(type=socket.SOCK_DGRAM) as sender:
        incomplete = b"OPTIONS sip:ivr@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1"
        for number in range(30):
            for junk in (b"\xff" * (40 + number), incomplete):
                sender.sendto(junk, ("127.0.0.1", line.endpoint.port))
                line.poll()
        line.play_on(0.1)
    assert [entry["message"][:22] for entry in logged] == ["Dropping 40 bytes pack", "Error processing packe"]
    assert all(entry["message"].isprintable() and len(entry["message"]) <= 200 for entry in logged)


def test_while_draining_new_calls_are_486_and_running_ones_go_on(line: Line, peer: RtpPeer) -> None:
    first = line.call(sipp.invite(sipp.sdp(peer.port)) + sipp.answered() + sipp.pause(2) + sipp.bye())
    line.first(Connected)
    line.endpoint.drain()
    assert "Retry-After: 10" in refused(line, peer, 486)
    assert not line.all(RemoteHangup)
    line.finish(first)


def test_refusals_are_counted(open_line: Open, settings: SipSettings, peer: RtpPeer) -> None:
    codes: list[int] = []
    line = open_line(changed(settings, allow=[]))
    line.endpoint._refused = codes.append
    refused(line, peer, 403)
    assert codes == [403]


# ---------------------------------------------------------------- what else comes in


def ask(line: Line, request: bytes) -> bytes:
    """Send a datagram, and return the answer to it."""
    with socket.socket(type=socket.SOCK_DGRAM) as sender:
        sender.bind(("127.0.0.1", 0))
        sender.setblocking(False)
        port = str(sender.getsockname()[1]).encode()
        sender.sendto(request.replace(b"PORT", port), ("127.0.0.1", line.endpoint.port))
        answers: list[bytes] = []

        def answered() -> bool:
            try:
                answers.append(sender.recv(4096))
            except BlockingIOError:
                return False
            return True

        line.until(answered)
        return answers[0]


OPTIONS = (
    b"OPTIONS sip:ivr@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:PORT;branch=z9hG4bKoptions\r\n"
    b"From: <sip:pbx@127.0.0.1>;tag=1\r\nTo: <sip:ivr@127.0.0.1>\r\nCall-ID: options\r\nCSeq: 1 OPTIONS\r\n"
    b"Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
)


def test_options_are_answered(line: Line) -> None:
    assert ask(line, OPTIONS).startswith(b"SIP/2.0 200")


def malformed() -> list[bytes]:
    """Datagrams that no SIP parser should be sent, the same every time."""
    dice = random.Random(20)
    invite = OPTIONS.replace(b"OPTIONS", b"INVITE").replace(b"options", b"fuzz")
    body = b"v=0\r\nm=audio 99999999999 RTP/AVP 8\r\n"
    with_body = invite.replace(b"Content-Length: 0", b"Content-Type: application/sdp\r\nContent-Length: 36") + body
    broken = [with_body, with_body.replace(b" 36", b" -1"), with_body.replace(b" 36", b" 99999"), b"\0" * 1200]
    broken += [b"", b"\r\n\r\n", b"INVITE", b"\xff" * 64, b"SIP/2.0 200 OK\r\n\r\n", invite.replace(b"From", b"F\0om")]
    broken += [
        invite.replace(b"CSeq: 1", b"CSeq: 99999999999999999999"),
        invite.replace(b"sip:", b"sip:" + b"a" * 3000),
    ]
    for _ in range(150):
        damaged = bytearray(dice.choice([invite, with_body, OPTIONS]))
        for _ in range(dice.randint(1, 12)):
            damaged[dice.randrange(len(damaged))] = dice.randrange(256)
        broken.append(bytes(damaged[: dice.randint(1, len(damaged))]))
    return broken


def test_malformed_messages_disturb_no_call(line: Line, peer: RtpPeer) -> None:
    run = line.call(sipp.invite(sipp.sdp(peer.port)) + sipp.answered() + sipp.pause(3) + sipp.bye())
    line.first(Connected)
    line.answering = False
    peer.received()
    with socket.socket(type=socket.SOCK_DGRAM) as sender:
        for datagram in malformed():
            sender.sendto(datagram.replace(b"PORT", b"9"), ("127.0.0.1", line.endpoint.port))
            line.poll()
    line.finish(run)
    sequence = [packet.sequence for packet in peer.received()]
    assert len(sequence) > 100
    assert sequence == list(range(sequence[0], sequence[0] + len(sequence))), "no packet of the running call is missing"
    assert line.happenings[0].leg.ended
    assert ask(line, OPTIONS).startswith(b"SIP/2.0 200")


def test_junk_on_the_rtp_port_disturbs_no_call(line: Line, peer: RtpPeer) -> None:
    run = line.call(sipp.invite(sipp.sdp(peer.port)) + sipp.answered() + sipp.pause(1) + sipp.bye())
    line.first(Connected)
    line.until(run.messages)
    peer.aim(int(re.findall(r"m=audio (\d+) ", run.messages())[-1]))
    dice = random.Random(21)
    for _ in range(200):
        peer._socket.sendto(dice.randbytes(dice.randrange(400)), peer.to)
        line.poll()
    line.finish(run)
    assert line.first(RemoteHangup).code == 200


# ---------------------------------------------------------------- start and end


def test_a_port_in_use_is_one_clear_line(open_line: Open, settings: SipSettings, free_port: Callable[[], int]) -> None:
    port = free_port()
    with socket.socket(type=socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", port))
        with pytest.raises(UserError, match=rf"cannot listen on 127\.0\.0\.1:{port}: .* →  choose another"):
            open_line(changed(settings, bind=f"127.0.0.1:{port}"))
    line = open_line(changed(settings, bind=f"127.0.0.1:{port}"))
    assert line.endpoint.port == port, "and the library can be started again"


@pytest.mark.usefixtures("full_build")
def test_more_calls_than_one_worker_carries_is_one_clear_line(open_line: Open, settings: SipSettings) -> None:
    with pytest.raises(UserError, match="raise \\[sip\\] workers"):
        open_line(changed(settings, max_calls=400))


def test_closing_hangs_up(line: Line, peer: RtpPeer) -> None:
    run = line.call(sipp.invite(sipp.sdp(peer.port)) + sipp.answered() + sipp.expect("BYE") + sipp.reply("200 OK"))
    line.first(Connected)
    line.endpoint.close()
    run.process.wait(10)
    assert run.process.returncode == 0


def test_closing_lets_go_of_every_object_of_the_library_whoever_holds_on_to_a_leg(line: Line, peer: RtpPeer) -> None:
    from ivr.telephony.dialogs import Dialog  # noqa: PLC0415 - needs pjsua2
    from ivr.telephony.ports import Port  # noqa: PLC0415 - needs pjsua2

    line.call(sipp.invite(sipp.sdp(peer.port)) + sipp.answered() + sipp.expect("BYE") + sipp.reply("200 OK"))
    line.first(Connected)
    assert line.leg in line.endpoint.legs
    line.endpoint.close()  # what would be deleted after it would take the process down
    assert not [one for one in gc.get_objects() if isinstance(one, Dialog | Port)]


# ---------------------------------------------------------------- registration


CHALLENGE = (
    b'SIP/2.0 401 Unauthorized\r\nWWW-Authenticate: Digest realm="pbx", nonce="abc", algorithm=MD5, qop="auth"\r\n'
)
AWAY = b"SIP/2.0 503 Service Unavailable\r\n"
WELCOME = b"SIP/2.0 200 OK\r\nExpires: 60\r\n"


class Registrar:
    """Answers each REGISTER with the next of its answers, and the last one for ever."""

    def __init__(self, *answers: bytes) -> None:
        self.requests: list[str] = []
        self._answers = list(answers)
        self._socket = socket.socket(type=socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.setblocking(False)
        self.uri = f"sip:127.0.0.1:{self._socket.getsockname()[1]}"

    def serve(self) -> None:
        try:
            request, sender = self._socket.recvfrom(4096)
        except BlockingIOError:
            return
        self.requests.append(request.decode())
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        kept = [b"Via", b"From", b"To", b"Call-ID", b"CSeq", b"Contact"]
        lines = [line for line in request.split(b"\r\n") if line.split(b":")[0] in kept]
        self._socket.sendto(answer + b"\r\n".join(lines) + b"\r\nContent-Length: 0\r\n\r\n", sender)

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def registering(settings: SipSettings, tmp_path: Path) -> SipSettings:
    secret = tmp_path / "secret"
    secret.write_text("hunter2\n")
    return changed(settings, username="ivr", password_file=secret)


def served(line: Line, registrar: Registrar, condition: Callable[[], object]) -> None:
    def met() -> object:
        registrar.serve()
        return condition()

    line.until(met)


def test_registers_with_digest(open_line: Open, registering: SipSettings) -> None:
    registrar = Registrar(CHALLENGE, WELCOME)
    line = open_line(changed(registering, registrar=registrar.uri))
    assert line.endpoint.registered is None
    served(line, registrar, lambda: line.endpoint.registered)
    assert len(registrar.requests) == 2
    assert re.search(r'Authorization: Digest username="ivr", realm="pbx"', registrar.requests[1])
    assert "hunter2" not in registrar.requests[1]
    registrar.close()


def test_registers_again_after_the_registrar_was_away(
    open_line: Open, registering: SipSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ivr.telephony import endpoint  # noqa: PLC0415 - needs pjsua2

    monkeypatch.setattr(endpoint, "RETRY_S", 1)
    registrar = Registrar(AWAY, AWAY, CHALLENGE, WELCOME)
    line = open_line(changed(registering, registrar=registrar.uri))
    served(line, registrar, lambda: line.endpoint.registered is False)
    served(line, registrar, lambda: line.endpoint.registered)
    registrar.close()


def test_registers_again_before_a_registrar_without_memory_would_miss_us(
    open_line: Open, registering: SipSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ivr.telephony import endpoint  # noqa: PLC0415 - needs pjsua2

    monkeypatch.setattr(endpoint, "REGISTRATION_S", 7)
    registrar = Registrar(WELCOME.replace(b"60", b"7"))
    line = open_line(changed(registering, registrar=registrar.uri))
    served(line, registrar, lambda: len(registrar.requests) == 2)
    registrar.close()
