from __future__ import annotations

from ipaddress import ip_network

import pytest

from ivr.config.settings import NumbersSettings
from ivr.telephony.admission import FORBIDDEN, Admission, addresses_of, host_and_port

ALLOW = [ip_network("192.0.2.0/24"), ip_network("2001:db8::/32")]


@pytest.mark.parametrize("source", ["192.0.2.7:5060", "192.0.2.7", "[2001:db8::7]:5060", "[::ffff:192.0.2.7]:5060"])
def test_senders_on_the_list_come_in(source: str) -> None:
    assert Admission(ALLOW, "", 1).refusal(source, calls=0) is None


@pytest.mark.parametrize("source", ["198.51.100.1:5060", "[2001:db9::1]:5060", "", "pbx.example:5060"])
def test_all_others_are_forbidden_even_when_we_are_busy(source: str) -> None:
    refusal = Admission(ALLOW, "", 1).refusal(source, calls=5)
    assert refusal is not None
    assert refusal.code == 403


def test_the_registrar_is_implied() -> None:
    assert Admission([], "sip:127.0.0.1:5061;transport=tcp", 1).refusal("127.0.0.1:40000", calls=0) is None


def test_beyond_the_last_place_it_is_busy_and_says_when_to_come_back() -> None:
    admission = Admission(ALLOW, "", 2)
    assert admission.refusal("192.0.2.7:5060", calls=1) is None
    refusal = admission.refusal("192.0.2.7:5060", calls=2)
    assert refusal is not None
    assert (refusal.code, refusal.headers) == (486, {"Retry-After": "10"})


def test_while_draining_nobody_comes_in() -> None:
    admission = Admission(ALLOW, "", 2)
    admission.draining = True
    refusal = admission.refusal("192.0.2.7:5060", calls=0)
    assert refusal is not None
    assert (refusal.code, refusal.headers) == (486, {"Retry-After": "10"})


@pytest.mark.parametrize(
    ("name", "host", "port"),
    [
        ("192.0.2.1:5060", "192.0.2.1", 5060),
        ("[2001:db8::1]:5060", "2001:db8::1", 5060),
        ("2001:db8::1", "2001:db8::1", 0),
        ("pbx.example", "pbx.example", 0),
        ("", "", 0),
    ],
)
def test_host_and_port(name: str, host: str, port: int) -> None:
    assert host_and_port(name) == (host, port)


def test_no_registrar_has_no_addresses() -> None:
    assert addresses_of("") == []


def test_a_registrar_by_name_is_looked_up() -> None:
    assert ip_network("127.0.0.1") in addresses_of("sip:ivr@localhost:5060")


def test_an_unknown_registrar_lets_nobody_in() -> None:
    assert addresses_of("sip:no-such-host.invalid") == []


def test_a_registrar_that_moved_is_let_in_from_where_it_answered() -> None:
    door = Admission([], "sip:nowhere.invalid", max_calls=1)
    assert door.refusal("192.0.2.7:5060", 0) == FORBIDDEN
    door.registrar_is_at("192.0.2.7:5060")
    assert door.refusal("192.0.2.7:5060", 0) is None
    assert door.refusal("192.0.2.8:5060", 0) == FORBIDDEN


NUMBERS = NumbersSettings(blocked=["1380000.*"], priority=[r"021\d{8}"], kept_lines=1)


@pytest.mark.parametrize(
    ("caller", "calls", "code"),
    [
        ("8613800001234", 0, 603),
        ("8613900001234", 0, None),
        ("8613900001234", 2, 486),
        ("862164312345", 2, None),
        (None, 0, None),
        (None, 2, 486),
    ],
)
def test_numbers_are_blocked_and_the_last_line_is_kept(caller: str | None, calls: int, code: int | None) -> None:
    refusal = Admission(ALLOW, "", 3, NUMBERS).turned_away(caller, calls)
    assert (refusal and refusal.code) == code
