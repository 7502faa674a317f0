from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.understanding.money import money_spoken, read_money


@pytest.mark.parametrize(
    ("text", "yuan"),
    [
        ("三百五十块", "350.00"),
        ("三百五", "350.00"),
        ("三百多块", "300.00"),
        ("十二块五", "12.50"),
        ("十二块五毛", "12.50"),
        ("十二块五毛二", "12.52"),
        ("五块半", "5.50"),
        ("一块零五分", "1.05"),
        ("一毛五", "0.15"),
        ("八分钱", "0.08"),
        ("一千零二十元", "1020.00"),
        ("两万三", "23000.00"),
        ("一万二千块钱", "12000.00"),
        ("1.5万", "15000.00"),
        ("50.5元", "50.50"),
        ("3块50", "3.50"),
        ("1,200元", "1200.00"),
        ("大概五十块钱吧", "50.00"),
        ("20", "20.00"),
        ("三十块，不对，四十块", "40.00"),
    ],
)
def test_an_amount_is_told(text: str, yuan: str) -> None:
    assert str(read_money(text)) == yuan


@pytest.mark.parametrize("text", ["", "没有", "等一下", "百块", "我不知道", "一三八零零一三八零零零零零零零元"])
def test_no_amount_is_told(text: str) -> None:
    assert read_money(text) is None


@pytest.mark.parametrize(
    ("yuan", "said"), [("12.50", "十二元五角"), ("0.05", "五分"), ("1.05", "一元零五分"), ("0.00", "零元")]
)
def test_an_amount_is_said(yuan: str, said: str) -> None:
    assert money_spoken(Decimal(yuan)) == said


@settings(deadline=None)
@given(st.decimals(0, Decimal("999999999999.99"), places=2))
def test_an_amount_that_is_said_reads_back_to_itself(yuan: Decimal) -> None:
    assert read_money(money_spoken(yuan)) == yuan
    assert read_money(f"{yuan}元") == yuan


@settings(deadline=None)
@given(st.text("零一二三十百千万亿块元角毛分半点.,5", max_size=30))
def test_any_words_can_be_read(text: str) -> None:
    yuan = read_money(text)
    assert yuan is None or 0 <= yuan < 10**12
