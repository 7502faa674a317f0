from __future__ import annotations

import pytest

from ivr.understanding.shapes import SHAPES


@pytest.mark.parametrize(
    ("number", "complete"),
    [
        ("13800138000", True),
        ("1380013800", False),
        ("138001380000", False),
        ("12800138000", False),
        ("01088888888", True),
        ("05718888888", True),
        ("057188888888", True),
        ("88888888", False),
    ],
)
def test_a_phone_number_is_complete(number: str, complete: bool) -> None:
    assert SHAPES["phone"].is_complete(number) is complete


@pytest.mark.parametrize(
    ("number", "complete"), [("773012345", False), ("7730123456", True), ("SF1234567890123", True)]
)
def test_a_waybill_number_is_complete(number: str, complete: bool) -> None:
    assert SHAPES["waybill"].is_complete(number) is complete
