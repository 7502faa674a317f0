from __future__ import annotations

import pytest

from ivr.telephony.numbers import normalised


@pytest.mark.parametrize(
    "spelling",
    [
        "13812345678",
        "8613812345678",
        "+8613812345678",
        "008613812345678",
        "013812345678",
        "138-1234-5678",
        "%2B86138 1234 5678",
    ],
)
def test_a_mobile_has_one_spelling(spelling: str) -> None:
    assert normalised(spelling) == "8613812345678"


@pytest.mark.parametrize(
    ("spelling", "number"),
    [
        ("02158771234", "862158771234"),
        ("+862158771234", "862158771234"),
        ("0086 (021) 58771234", "862158771234"),
        ("075583765566", "8675583765566"),
        ("8675583765566", "8675583765566"),
    ],
)
def test_a_landline_keeps_its_area_code_and_loses_the_trunk_zero(spelling: str, number: str) -> None:
    assert normalised(spelling) == number


@pytest.mark.parametrize("service", ["10086", "95338", "12315", "110", "8001"])
def test_service_numbers_and_extensions_stay_as_they_are(service: str) -> None:
    assert normalised(service) == service


@pytest.mark.parametrize(("spelling", "number"), [("+85221234567", "85221234567"), ("001 650 253 0000", "16502530000")])
def test_a_caller_from_abroad_keeps_the_country(spelling: str, number: str) -> None:
    assert normalised(spelling) == number


@pytest.mark.parametrize(
    "spelling", ["anonymous", "Anonymous", "unknown", "", "Restricted", "alice", "+", "asterisk", "1" * 40]
)
def test_a_withheld_number_is_none(spelling: str) -> None:
    assert normalised(spelling) is None


def test_parameters_of_a_tel_uri_are_not_part_of_the_number() -> None:
    assert normalised("13812345678;phone-context=+86") == "8613812345678"
