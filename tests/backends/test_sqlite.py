from __future__ import annotations

import asyncio
import sqlite3
import time
from datetime import date
from pathlib import Path

import pytest

from ivr.backends import FAILED, FOUND, MISSING, Backend, Reply, SampleSource, opened
from ivr.config.backends import SampleBackend, SqliteBackend
from ivr.errors import UserError

TODAY = date(2026, 3, 2)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "house.db"
    with sqlite3.connect(path) as house:
        house.executescript("""
            create table s (waybill text, status text, weight real, n integer, blob blob, outcome text);
            insert into s values ('1', '派送中', 2.5, 7, null, null), ('2', 'x', null, null, x'00', null),
                                 ('3', '已签收', null, null, null, 'delivered'), ('4', '', null, null, null, 'No!');
        """)
    house.close()
    return path


def ask(file: Path, query: str, about: dict[str, str], timeout_s: float = 2.0) -> tuple[Reply, str]:
    made = SqliteBackend(kind="sqlite", file=file, query=query, timeout_s=timeout_s)
    backend = opened({"s": made}, lambda: TODAY)["s"]

    async def run() -> tuple[Reply, str]:
        try:
            return await backend.ask(about), await backend.trouble()
        finally:
            await backend.close()

    return asyncio.run(run())


QUERY = "select status, weight, n, outcome from s where waybill = :waybill"


@pytest.mark.req("F2", "F10")
def test_columns_of_the_first_row_are_values_and_no_row_is_missing(file: Path) -> None:
    assert ask(file, QUERY, {"waybill": "1"}) == (Reply(FOUND, {"status": "派送中", "weight": "2.5", "n": "7"}), "")
    assert ask(file, QUERY, {"waybill": "9"})[0] == Reply(MISSING)
    assert ask(file, QUERY, {})[0] == Reply(MISSING)
    assert ask(file, QUERY, {"waybill": "' or 1=1 --"})[0] == Reply(MISSING)
    assert ask(file, QUERY, {"waybill": "3"})[0] == Reply("delivered", {"status": "已签收"})


@pytest.mark.req("B12")
@pytest.mark.parametrize(
    ("query", "about", "why"),
    [
        ("select blob from s where waybill = '2'", {}, "blob is no text or number"),
        (QUERY, {"waybill": "4"}, "its outcome is no name"),
        ("select x from nowhere", {}, "no such table"),
        ("selekt", {}, "syntax error"),
        ("delete from s", {}, "readonly"),
        ("select 1; drop table s", {}, "one statement"),
        ("select cast(x'31333830303133ff' as text) as x", {}, "not UTF-8"),
    ],
)
def test_what_cannot_be_read_has_failed_and_says_why(file: Path, query: str, about: dict[str, str], why: str) -> None:
    reply, _ = ask(file, query, about)
    assert (reply.outcome, reply.values) == (FAILED, {})
    assert why in reply.why
    assert "138" not in reply.why


@pytest.mark.req("B12")
def test_a_query_without_end_is_ended_and_holds_up_nobody(file: Path) -> None:
    began = time.monotonic()
    endless = "with recursive n(x) as (select 1 union all select x + 1 from n) select max(x) from n"
    reply, trouble = ask(file, endless, {}, timeout_s=0.2)
    assert reply.outcome == FAILED
    assert trouble == ""
    assert time.monotonic() - began < 5.0


def test_a_file_that_is_gone_is_told_and_one_that_is_back_is_read(file: Path) -> None:
    gone = file.rename(file.with_suffix(".old"))
    reply, trouble = ask(file, QUERY, {"waybill": "1"})
    assert reply.outcome == FAILED
    assert trouble == f"{file}: unable to open database file"
    gone.rename(file)
    assert ask(file, QUERY, {"waybill": "1"})[0].outcome == FOUND


# ---------------------------------------------------------------- the sample


def sample(like: str) -> SampleSource:
    return SampleSource(like, 2.0, lambda: TODAY)


@pytest.mark.req("F2")
def test_the_sample_knows_shipments() -> None:
    reply = sample("shipment").look_up({"waybill": "773012345678"})
    assert reply.values["status"] == "正在派送"
    assert reply.values["expected_on"] == "2026-03-02"
    assert sample("shipment").look_up({"waybill": "773000000000"}) == Reply(MISSING)


@pytest.mark.req("G1")
@pytest.mark.parametrize(
    ("about", "outcome"),
    [
        ({"id_tail": "7774"}, FOUND),
        ({"id_tail": "7774", "name": "王小明", "code": "246810"}, FOUND),
        ({"id_tail": "7774", "code": "111111"}, MISSING),
        ({"id_tail": "7774", "full_name": "王晓明", "code": "246810"}, FOUND),  # as it sounds
        ({"id_tail": "7774", "full_name": "王小", "code": "246810"}, MISSING),
        ({"id_tail": "7774", "full_name": "汪大明", "code": "246810"}, MISSING),
        ({"id_tail": "7774", "full_name": "王小明", "dynamic_code": "864209"}, FOUND),
        ({"id_tail": "7774", "full_name": "王小明", "dynamic_code": "246810"}, MISSING),
        ({"lost_number": "13900139000", "id_tail": "123X", "full_name": "陈芳"}, FOUND),
        ({"lost_number": "13900139000", "id_tail": "7774", "full_name": "王小明"}, MISSING),
        ({"id_tail": "7775"}, MISSING),
        ({}, MISSING),
        ({"account": "13900139000", "id_tail": "123x"}, FOUND),
        ({"account": "13900139000", "id_tail": "7774"}, MISSING),
    ],
)
def test_the_sample_knows_who_somebody_is(about: dict[str, str], outcome: str) -> None:
    assert sample("identity").look_up({"caller": "8613800138000"} | about).outcome == outcome


@pytest.mark.req("G8")
def test_balances_are_exact_and_histories_have_their_range() -> None:
    assert sample("account").look_up({"account": "13900139000"}).values["balance"] == "0.05"
    values = sample("history").look_up({"caller": "8613800138000"}).values
    assert values == {
        "since": "2025-12-02",
        "until": "2026-03-02",
        "entries": "3",
        "history": "12月30日月租59.00元，1月30日月租59.00元，2月20日充值100.00元",
    }
    nothing = sample("history").look_up({"account": "13900139000"})
    assert (nothing.outcome, nothing.values["entries"]) == ("none", "0")
    assert sample("history").look_up({"account": "10086"}) == Reply(MISSING)


@pytest.mark.req("G8", "G7")
@pytest.mark.parametrize(("other", "outcome"), [("13900139000", FOUND), ("13700137000", MISSING), ("10086", MISSING)])
def test_somebody_else_s_account_takes_their_leave(other: str, outcome: str) -> None:
    assert sample("authority").look_up({"caller": "8613800138000", "other_account": other}).outcome == outcome


@pytest.mark.req("E3")
def test_the_sample_knows_open_tickets() -> None:
    in_time = sample("ticket").look_up({"caller": "8613800138000"})
    assert (in_time.outcome, in_time.values["ticket"]) == (FOUND, "1001")
    assert sample("ticket").look_up({"phone": "13900139000"}).outcome == "overdue"
    assert sample("ticket").look_up({"phone": "13700137000"}) == Reply(MISSING)


def test_each_question_of_the_sample_is_one_of_its_tables() -> None:
    accounts = ("identity", "send_code", "account", "history", "authority", "cancel_plan", "block_card")
    for like in ("shipment", "ticket", *accounts):
        assert asyncio.run(Backend(sample(like), timeout_s=5, at_once=1, failures=1, rest_s=1).trouble()) == ""


def test_what_the_sample_does_not_answer_is_told() -> None:
    with pytest.raises(UserError, match='the sample answers no "weather" → like = one of shipment, '):
        opened({"weather": SampleBackend(kind="sample")})
    assert opened({"weather": SampleBackend(kind="sample", like="ticket")})["weather"].source.where == "sample data"
