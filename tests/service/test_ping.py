from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from ivr.config import Address
from ivr.service import ping


def test_any_answer_to_options_is_a_sign_of_life() -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as pbx:
        pbx.bind(("127.0.0.1", 0))
        pbx.settimeout(5)
        asked: list[str] = []

        def answer() -> None:
            request, caller = pbx.recvfrom(4096)
            asked.append(request.decode())
            pbx.sendto(b"SIP/2.0 401 Unauthorized\r\nVia: x\r\n\r\n", caller)

        thread = threading.Thread(target=answer)
        thread.start()
        assert ping.options("sip:pbx.test", Address(*pbx.getsockname()), 5) == "SIP/2.0 401 Unauthorized"
        thread.join()
    assert asked[0].startswith("OPTIONS sip:pbx.test SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:")
    assert asked[0].endswith("Content-Length: 0\r\n\r\n")


def test_no_answer_is_an_os_error(free_port: Callable[[], int]) -> None:
    with pytest.raises(OSError, match="refused"):
        ping.options("sip:pbx.test", Address("127.0.0.1", free_port()), 5)


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (200, b'{"reason": "ready"}', "ready"),
        (503, b'{"reason": "draining"}', "draining"),
        (200, b"<html>", None),
        (404, b"[]", None),
    ],
)
def test_a_service_of_ours_says_how_it_is(status: int, body: bytes, reason: str | None) -> None:
    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Page) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        assert ping.own_health(Address("127.0.0.1", server.server_port), 5) == reason
        thread.join()


def test_nobody_there(free_port: Callable[[], int]) -> None:
    assert ping.own_health(Address("127.0.0.1", free_port())) is None
