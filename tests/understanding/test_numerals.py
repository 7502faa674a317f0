from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.understanding.numerals import amount, ascii_digits, cardinal


@pytest.mark.parametrize(
    ("said", "number"),
    [
        ("零", "0"),
        ("十", "10"),
        ("十二", "12"),
        ("二十", "20"),
        ("一百二", "120"),
        ("三百五", "350"),
        ("一千零二", "1002"),
        ("一千零二十", "1020"),
        ("两万三", "23000"),
        ("一万零五百", "10500"),
        ("1万2", "12000"),
        ("1.5万", "15000"),
        ("1,200", "1200"),
        ("三点五", "3.5"),
        ("二零二六", "2026"),
        ("壹佰", None),
        ("百", None),
        ("十百", None),
        ("三个", None),
        ("", None),
        ("一" * 41, None),
    ],
)
def test_a_numeral_amounts_to(said: str, number: str | None) -> None:
    assert amount(said) == (None if number is None else Decimal(number))


@settings(deadline=None)
@given(st.integers(0, 10**12 - 1))
def test_a_number_that_is_said_amounts_to_itself(number: int) -> None:
    assert amount(cardinal(number)) == number


@pytest.mark.parametrize(
    ("number", "said"),
    [(10, "十"), (110, "一百一十"), (1002, "一千零二"), (20050, "二万零五十"), (100000010, "一亿零一十")],
)
def test_a_number_is_said(number: int, said: str) -> None:
    assert cardinal(number) == said


@pytest.mark.parametrize("number", [-1, 10**12])
def test_what_cannot_be_said_is_refused(number: int) -> None:
    with pytest.raises(ValueError, match="is not between"):
        cardinal(number)


@settings(deadline=None)
@given(st.text())
def test_any_text_may_be_asked(text: str) -> None:
    found = amount(text)
    assert found is None or found >= 0


def test_digits_in_any_dress() -> None:
    assert ascii_digits("幺三8〇两洞拐勾") == "13802079"
