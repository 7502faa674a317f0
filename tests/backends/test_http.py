from __future__ import annotations

import asyncio
import json
import socket
import ssl
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from types import MappingProxyType

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from ivr.backends import FAILED, FOUND, MISSING, Backend, Reply, opened
from ivr.backends.http import LARGEST
from ivr.config.backends import HttpBackend
from tests.backends.house import Answer, House, hangs, says, writes

ABOUT = {"waybill": "773012345678", "caller": "8613800138000"}
SHIPMENT = {"data": {"status": "派送中", "scan": [{"city": "上海"}], "price": 12.50, "note": None}}
VALUES = {"status": "/data/status", "city": "/data/scan/0/city", "price": "/data/price"}


def backend(url: str, **settings: object) -> Backend:
    made = HttpBackend.model_validate({"kind": "http", "url": url, **settings})
    return opened({"shipment": made})["shipment"]


def ask(
    *answers: Answer,
    path: str = "/s/{waybill}",
    about: Mapping[str, str] = ABOUT,
    times: int = 1,
    more: Mapping[str, object] = MappingProxyType({}),
    **settings: object,
) -> tuple[Reply, House]:
    """The last reply to the same question, asked so often."""

    async def run() -> tuple[Reply, House]:
        async with House(*answers).open() as house:
            asked = backend(house.url + path, **more, **settings)
            try:
                for _ in range(times):
                    reply = await asked.ask(about)
            finally:
                await asked.close()
            return reply, house

    return asyncio.run(run())


@pytest.mark.req("F2")
def test_values_are_taken_from_where_the_settings_say() -> None:
    reply, house = ask(says(SHIPMENT), values=VALUES, found="/data")
    assert reply == Reply(FOUND, {"status": "派送中", "city": "上海", "price": "12.5"})
    assert [asked.path for asked in house.asked] == ["/s/773012345678"]


@pytest.mark.req("G8")
@pytest.mark.parametrize("amount", ["128.50", "0.05", "99999999999999999999.99", "0.1000", "12"])
def test_amounts_are_exactly_what_was_written(amount: str) -> None:
    reply, _ = ask(writes(f'{{"balance": {amount}, "text": "{amount}"}}'))
    assert reply.values == {"balance": amount, "text": amount}


@pytest.mark.req("F10")
@pytest.mark.parametrize(
    ("answer", "settings"),
    [
        (says({"error": "unknown"}, status=404), {"values": VALUES}),
        (says({"data": None}), {"found": "/data", "values": VALUES}),
        (says({"data": []}), {"found": "/data", "values": VALUES}),
        (says({"other": 1}), {"found": "/data"}),
        (says({}), {}),
        (says({"code": "E404"}), {"outcome": "/code", "outcomes": {"E404": "missing"}, "values": VALUES}),
        (writes("", status=204), {"missing_status": [204, 404]}),
    ],
)
def test_what_is_not_there_is_missing_and_no_failure(answer: Answer, settings: dict[str, object]) -> None:
    reply, house = ask(answer, more=settings)
    assert reply == Reply(MISSING)
    assert len(house.asked) == 1


def test_the_backend_may_have_outcomes_of_its_own() -> None:
    answer = says({"code": 3, "data": {"status": "已签收"}})
    settings = {"outcome": "/code", "outcomes": {"0": "found", "3": "delivered"}}
    reply, _ = ask(answer, values={"status": "/data/status", "due": "/data/due"}, more=settings)
    assert reply == Reply("delivered", {"status": "已签收"})


def test_without_values_every_plain_member_is_one() -> None:
    reply, _ = ask(says({"data": {"a": "甲", "b": 2, "c": True, "d": None, "e": [1], "f": {}}}), found="/data")
    assert reply.values == {"a": "甲", "b": "2", "c": "true"}


@pytest.mark.req("B12")
@pytest.mark.parametrize(
    ("answer", "settings", "why"),
    [
        (says({}, status=500), {}, "HTTP 500"),
        (says({}, status=401), {}, "HTTP 401"),
        (writes("<html>"), {}, "its answer is no JSON"),
        (writes(""), {}, "its answer is no JSON"),
        (writes("NaN"), {}, "its answer is no JSON"),
        (writes("[" * 60000), {}, "its answer is no JSON"),
        (writes("x" * (LARGEST + 1)), {}, "its answer has more than 64 KiB"),
        (says({"data": "x" * 2001}), {}, "data is no text or number, or longer than 2000 characters"),
        (says({"data": {"status": ["派送中"]}}), {"values": {"status": "/data/status"}}, "status is no text or number"),
        (says({"data": {}}), {"values": {"status": "/data/status"}}, "nothing stands at /data/status"),
        (says([1, 2]), {"values": {"status": "/x/status"}}, "nothing stands at /x/status"),
        (says({"code": "?"}), {"outcome": "/code", "outcomes": {"0": "found"}}, "/code is none of outcomes"),
        (says({"code": [1]}), {"outcome": "/code", "outcomes": {"0": "found"}}, "/code is none of outcomes"),
    ],
)
def test_an_answer_that_is_none_has_failed_and_says_why(answer: Answer, settings: dict[str, object], why: str) -> None:
    reply, _ = ask(answer, attempts=1, more=settings)
    assert (reply.outcome, reply.values) == (FAILED, {})
    assert why in reply.why
    assert "773012345678" not in reply.why


@pytest.mark.req("B12")
def test_whoever_hangs_is_not_waited_for() -> None:
    began = time.monotonic()
    reply, house = ask(hangs(), timeout_s=0.4, attempts=2)
    assert reply.outcome == FAILED
    assert "no answer" in reply.why
    assert time.monotonic() - began < 2.0
    assert len(house.asked) == 2


@pytest.mark.req("B12")
def test_nobody_listening_is_a_failure() -> None:
    with socket.socket() as taken:  # bound, not listening: refused
        taken.bind(("127.0.0.1", 0))
        asked = backend(f"http://127.0.0.1:{taken.getsockname()[1]}/{{waybill}}")

        async def run() -> tuple[Reply, str]:
            try:
                return await asked.ask(ABOUT), await asked.trouble()
            finally:
                await asked.close()

        reply, trouble = asyncio.run(run())
    assert reply.outcome == FAILED
    assert "refused" in reply.why
    assert "refused" in trouble


def test_redirects_are_not_followed() -> None:
    async def elsewhere(_: web.Request) -> web.Response:
        raise web.HTTPFound("http://192.0.2.1/steal")

    reply, house = ask(elsewhere)
    assert "redirects are not followed" in reply.why
    assert len(house.asked) == 1


def test_what_may_be_asked_twice_is_and_nothing_else() -> None:
    down, fine = says({}, status=503), says({"status": "派送中"})
    for settings in ({}, {"method": "POST", "idempotent": True}):
        reply, house = ask(down, fine, more=settings)
        assert (reply.outcome, len(house.asked)) == (FOUND, 2)
    reply, house = ask(down, fine, method="POST")
    assert (reply.outcome, len(house.asked)) == (FAILED, 1)
    reply, house = ask(says({}, status=400), fine)
    assert (reply.outcome, len(house.asked)) == (FAILED, 1)


@pytest.mark.parametrize("value", ["a/b?c=1&d#e", "../../admin", "单号 7", "%2e%2e", "a+b"])
def test_a_slot_cannot_lead_elsewhere(value: str) -> None:
    async def echo(request: web.Request) -> web.Response:
        return web.json_response({"path": request.path, "tail": request.query["tail"]})

    reply, house = ask(echo, path="/s/{waybill}?tail={waybill}", about={"waybill": value})
    assert reply.values["tail"] == value
    assert house.asked[0].path.count("/") == 2
    assert house.asked[0].path.count("?") == 1


@pytest.mark.parametrize("about", [{}, {"waybill": ""}, {"waybill": ".."}, {"waybill": "."}])
def test_without_what_it_is_asked_by_nobody_is_asked(about: dict[str, str]) -> None:
    reply, house = ask(says({}), about=about)
    assert reply == Reply(FAILED, why="it is asked by waybill, and the call has none")
    assert house.asked == []


@pytest.mark.parametrize(
    ("body", "sent"),
    [
        (None, ABOUT),
        ({"no": "{waybill}", "how": "快"}, {"no": "773012345678", "how": "快"}),
        ({"x": "{y}"}, {"x": ""}),
    ],
)
def test_a_post_hands_over_what_the_question_is_about(body: dict[str, str] | None, sent: dict[str, str]) -> None:
    _, house = ask(says({}), path="/look-up", method="POST", body=body)
    assert json.loads(house.asked[0].body) == sent


def test_the_secret_is_read_anew_and_sent_to_nobody_else(tmp_path: Path) -> None:
    secret = tmp_path / "token"
    secret.write_text("hush\nnote to self\n")
    _, house = ask(says({}), secret_file=str(secret), headers={"X-House": "1"})
    assert house.asked[0].headers["Authorization"] == "Bearer hush"
    assert house.asked[0].headers["X-House"] == "1"
    made = backend("http://127.0.0.1:1/", secret_file=str(secret), secret_header="X-Key", secret_format="{secret}")
    secret.unlink()
    reply = asyncio.run(made.ask({}))
    assert reply.outcome == FAILED
    assert "No such file" in reply.why
    assert "hush" not in reply.why


def certificate(folder: Path) -> Path:
    """Of 127.0.0.1, signed by itself: PEM of key and certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "house")])
    now = datetime.now(UTC)
    here = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(here, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    form = Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    path = folder / "house.pem"
    path.write_bytes(key.private_bytes(*form) + made.public_bytes(Encoding.PEM))
    return path


def test_only_a_house_that_shows_who_it_is_is_asked(tmp_path: Path) -> None:
    pem = certificate(tmp_path)
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(pem)

    async def run(**settings: object) -> Reply:
        async with House(says({"a": "1"})).open(tls) as house:
            asked = backend(house.url + "/{waybill}", **settings)
            try:
                return await asked.ask(ABOUT)
            finally:
                await asked.close()

    stranger = asyncio.run(run())
    assert stranger.outcome == FAILED
    assert "its certificate or TLS is not accepted" in stranger.why
    assert asyncio.run(run(ca_file=str(pem))).outcome == FOUND


@pytest.mark.req("B12")
def test_who_has_failed_again_and_again_is_left_alone() -> None:
    reply, house = ask(says({}, status=500), attempts=1, failures=3, times=5)
    assert len(house.asked) == 3
    assert "is not asked for a while" in reply.why


def test_a_wrong_answer_to_one_does_not_shut_out_the_others() -> None:
    _, house = ask(says({}, status=400), attempts=1, failures=3, times=5)
    assert len(house.asked) == 5


def test_so_many_are_asked_at_one_time_and_the_others_wait() -> None:
    running, most = 0, 0

    async def slow(_: web.Request) -> web.Response:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.02)
        running -= 1
        return web.json_response({"a": "b"})

    async def run() -> list[Reply]:
        async with House(slow).open() as house:
            asked = backend(house.url + "/{waybill}", at_once=3)
            try:
                return await asyncio.gather(*(asked.ask(ABOUT) for _ in range(12)))
            finally:
                await asked.close()

    assert {reply.outcome for reply in asyncio.run(run())} == {FOUND}
    assert most == 3


def test_that_it_is_there_is_found_out_without_asking_anything() -> None:
    async def run() -> tuple[str, House]:
        async with House(says({})).open() as house:
            asked = backend(house.url + "/{waybill}")
            try:
                return await asked.trouble(), house
            finally:
                await asked.close()

    trouble, house = asyncio.run(run())
    assert trouble == ""
    assert house.asked == []
