"""Reading and writing SIP messages."""

from __future__ import annotations

import pytest

from ivr.simulation import sdp
from ivr.simulation.sip import (
    MalformedMessageError,
    Request,
    Response,
    address,
    credentials,
    host_port,
    parameters,
    parse,
    reply,
)

INVITE = (
    b"INVITE sip:4001@127.0.0.1:5070 SIP/2.0\r\n"
    b"v: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bKa;rport, SIP/2.0/UDP 10.0.0.2;branch=z9hG4bKb\r\n"
    b'f: "Li, Lei" <sip:1001@pbx>;tag=77\r\n'
    b"t: <sip:4001@pbx>\r\n"
    b"i: abc@pbx\r\n"
    b"CSeq: 7 INVITE\r\n"
    b"Subject: one\r\n and the same\r\n"
    b"l: 3\r\n\r\nv=0"
)


def test_compact_names_folded_lines_and_lists_are_understood() -> None:
    request = parse(INVITE)
    assert isinstance(request, Request)
    assert (request.verb, request.uri, request.method, request.sequence) == (
        "INVITE",
        "sip:4001@127.0.0.1:5070",
        "INVITE",
        7,
    )
    assert request.branch == "z9hG4bKa"
    assert len(request.all("Via")) == 2
    assert address(request.get("From")) == "sip:1001@pbx"
    assert parameters(request.get("from")) == {"tag": "77"}
    assert request.get("Subject") == "one and the same"
    assert request.body == "v=0"


def test_what_is_written_is_read_back() -> None:
    request = parse(INVITE)
    again = parse(request.encode())
    assert again == request


def test_a_reply_copies_what_the_rfc_asks_for_and_adds_our_tag() -> None:
    request = parse(INVITE)
    assert isinstance(request, Request)
    response = parse(reply(request, 180, "Ringing", "mine").encode())
    assert isinstance(response, Response)
    assert (response.status, response.reason) == (180, "Ringing")
    assert response.all("Via") == request.all("Via")
    assert parameters(response.get("To")) == {"tag": "mine"}


@pytest.mark.parametrize(
    "datagram",
    [
        b"",
        b"\xff\xfe",
        b"GET / HTTP/1.1\r\n\r\n",
        b"SIP/2.0 OK\r\n\r\n",
        b"OPTIONS sip:a SIP/2.0\r\nno colon\r\n\r\n",
        b"OPTIONS sip:a SIP/2.0\r\nVia: x\r\nCall-ID: y\r\nCSeq: many OPTIONS\r\n\r\n",
    ],
)
def test_what_is_no_message_is_refused(datagram: bytes) -> None:
    with pytest.raises(MalformedMessageError):
        parse(datagram)


@pytest.mark.parametrize(
    ("uri", "place"),
    [
        ("sip:4001@127.0.0.1:5070", ("127.0.0.1", 5070)),
        ("sip:pbx.example;transport=udp", ("pbx.example", 5060)),
        ("sip:a:b@host:9", ("host", 9)),
    ],
)
def test_a_uri_names_host_and_port(uri: str, place: tuple[str, int]) -> None:
    assert host_port(uri) == place


def test_digest_matches_the_example_of_rfc_2617() -> None:
    challenge = 'Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc"'
    request = Request("GET", "/dir/index.html")
    answer = credentials(challenge, request, "Mufasa", "Circle Of Life")
    assert 'response="670fd8c2df070c60b045671b8b24ff02"' in answer  # the example's HA1 and HA2, without qop
    assert 'opaque="5ccc"' in answer


def test_an_unknown_digest_is_refused() -> None:
    with pytest.raises(MalformedMessageError, match="SHA-512"):
        credentials('Digest realm="a", nonce="b", algorithm=SHA-512', Request("INVITE", "sip:a"), "u", "p")


def test_a_session_is_read_as_it_was_written() -> None:
    session = sdp.Session("127.0.0.1", 4000, (8, 0), "sendonly", 101)
    read = sdp.read(sdp.write(session))
    assert read is not None
    assert (read.host, read.port, read.codec_type, read.direction, read.event_type) == (
        "127.0.0.1",
        4000,
        8,
        "sendonly",
        101,
    )


@pytest.mark.parametrize("text", ["", "v=0\r\nc=IN IP4 1.2.3.4\r\nm=audio 0 RTP/AVP 8\r\n"])
def test_a_session_without_audio_is_none(text: str) -> None:
    assert sdp.read(text) is None
