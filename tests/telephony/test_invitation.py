from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ivr.telephony.invitation import headers, read

NOW = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)


def message(request: str = "sip:4008@192.0.2.1:5070", **fields: str) -> str:
    lines = {"From": '"A" <sip:13812345678@pbx>;tag=1', "To": "<sip:4008@pbx>"} | {
        name.replace("_", "-"): value for name, value in fields.items()
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"INVITE {request} SIP/2.0\r\n{head}\r\nv=0\r\nX-Body: not a header\r\n"


def test_caller_and_dialled_number() -> None:
    invited = read(message(), now=NOW)
    assert (invited.dialled, invited.caller, invited.local_time) == ("4008", "8613812345678", NOW)
    assert (invited.rings_before, invited.waited_s, invited.headers) == (0, 0.0, {})


@pytest.mark.req("A10")
def test_a_pbx_that_calls_our_registered_contact_names_the_number_in_to() -> None:
    assert read(message("sip:ivr@192.0.2.1:5070", To="<sip:95338@pbx>"), own={"ivr"}).dialled == "95338"


@pytest.mark.req("A10")
def test_the_request_line_goes_before_to() -> None:
    assert read(message("sip:4009@192.0.2.1", To="<sip:95338@pbx>"), own={"ivr"}).dialled == "4009"


def test_no_number_anywhere_is_an_empty_one() -> None:
    assert read(message("sip:192.0.2.1", To="<sip:192.0.2.1>")).dialled == ""


def test_tel_uri_and_escapes() -> None:
    invited = read(message("sip:%34008@192.0.2.1", From="<tel:+86-21-58771234>;tag=1"))
    assert (invited.dialled, invited.caller) == ("4008", "862158771234")


def test_the_asserted_identity_goes_before_from() -> None:
    fields = {"P_Asserted_Identity": "<sip:02158771234@pbx>", "From": "<sip:anonymous@anonymous.invalid>;tag=1"}
    assert read(message(**fields)).caller == "862158771234"


@pytest.mark.parametrize("fields", [{"Privacy": "id"}, {"Privacy": "header;id"}, {"From": "<sip:anonymous@x>;tag=1"}])
def test_a_caller_who_withholds_the_number_has_none(fields: dict[str, str]) -> None:
    assert read(message(**fields)).caller is None


def test_privacy_none_withholds_nothing() -> None:
    assert read(message(Privacy="none")).caller == "8613812345678"


@pytest.mark.req("A2")
@pytest.mark.parametrize(("text", "rings"), [("4", 4), (" 4 rings", 4), ("rings=4", 4), ("", 0), ("many", 0), ("-", 0)])
def test_rings_before_us_are_read_leniently(text: str, rings: int) -> None:
    assert read(message(X_Rings=text)).rings_before == rings


@pytest.mark.req("A5")
@pytest.mark.parametrize(("text", "seconds"), [("90", 90.0), ("12.5s", 12.5), ("9" * 30, 86400.0), ("none", 0.0)])
def test_the_wait_in_the_queue_is_read_leniently(text: str, seconds: float) -> None:
    assert read(message(X_Waited=text)).waited_s == seconds


def test_all_x_headers_are_handed_on_in_lower_case() -> None:
    fields = {"X_Queue": "sales", "x_VIP": "yes", "Subject": "no"}
    assert read(message(**fields)).headers == {"x-queue": "sales", "x-vip": "yes"}


def test_compact_folded_and_repeated_headers() -> None:
    head = ["INVITE sip:1@x SIP/2.0", "f: <sip:10086@x>", "X-A: one", "  two", "X-A: three", "no colon here"]
    text = "\r\n".join([*head, "", "X-B: body"])
    assert headers(text) == {"from": "<sip:10086@x>", "x-a": "one two, three"}
