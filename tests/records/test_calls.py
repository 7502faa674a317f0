from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from ivr.records import Calls, Database, LostCall, NewCall
from tests.records.databases import MakeDatabase

CALL = NewCall(id="c1", line="4001", standard="general", caller="13800000001", dialled="4001", instance="box:0")


def entry(now: datetime, t: float, **what: object) -> dict[str, object]:
    return {"t": t, "time": (now + timedelta(seconds=t)).isoformat(), **what}


def in_one(database: Database, *steps: Callable[[Calls], object]) -> None:
    with database.transaction() as tx:
        for step in steps:
            step(Calls(tx))


def found(database: Database, call_id: str = "c1") -> dict[str, Any]:
    with database.reading() as tx:
        call = Calls(tx).get(call_id)
    assert call
    return call


@pytest.mark.req("F1")
def test_a_call_leaves_a_record_of_who_what_and_when(database: Database, now: datetime) -> None:
    said = [
        entry(now, 1.1, command="Play", text="上午好，请问有什么可以帮到您？", start=1.1),
        entry(now, 4.7, note="verdict", verdict="addressed", text="我要查件", level=-24.4),
    ]
    in_one(
        database,
        lambda calls: calls.opened(CALL, now),
        lambda calls: calls.answered("c1", now + timedelta(seconds=1)),
        lambda calls: calls.note("c1", said),
        lambda calls: calls.stands("c1", "waybill", {"waybill": "12345"}, matter="inquiry"),
        lambda calls: calls.recorded("c1", "2026/c1.wav"),
        lambda calls: calls.closed("c1", "helped", now + timedelta(seconds=60)),
    )
    call = found(database)
    assert (call["caller"], call["line"], call["matter"], call["outcome"]) == (
        "13800000001",
        "4001",
        "inquiry",
        "helped",
    )
    assert (call["state"], call["known"], call["recording"]) == ("closed", {"waybill": "12345"}, "2026/c1.wav")
    assert call["ended_at"] - call["answered_at"] == timedelta(seconds=59)
    assert [(turn["who"], turn["text"], turn["verdict"]) for turn in call["turns"]] == [
        ("us", "上午好，请问有什么可以帮到您？", ""),
        ("caller", "我要查件", "addressed"),
    ]
    assert call["turns"][1]["at"] == now + timedelta(seconds=4.7)
    assert [event["entry"] for event in call["events"]] == said


def test_silence_is_no_turn(database: Database, now: datetime) -> None:
    quiet = [entry(now, 3, note="verdict", verdict="silent", text=None), entry(now, 4, command="Play", utterances=[])]
    in_one(database, lambda calls: calls.note("c1", quiet), lambda calls: calls.opened(CALL, now))
    assert found(database)["turns"] == []
    assert len(found(database)["events"]) == 2


@pytest.mark.parametrize(
    "odd",
    [{"t": "soon"}, {"t": 1, "time": "yesterday"}, {"t": 1, "time": "2026-11-22T09:00:00"}, {}],
    ids=["no number", "no time", "no zone", "nothing"],
)
def test_a_line_without_its_time_is_kept_all_the_same(
    database: Database, now: datetime, odd: dict[str, object]
) -> None:
    in_one(database, lambda calls: calls.opened(CALL, now), lambda calls: calls.note("c1", [odd]))
    (event,) = found(database)["events"]
    assert (event["entry"], event["at"]) == (odd, None)


def test_what_a_wire_may_carry_is_no_reason_not_to_write(database: Database, now: datetime) -> None:
    odd = {"t": 1.0, "level": float("-inf"), "floors": [float("nan"), 1], "from": "a\0b\udc80", "path": ("x",)}
    call = NewCall(id="c1", caller="13\0\udcff", known={"level": float("inf")})
    in_one(database, lambda calls: calls.opened(call, now), lambda calls: calls.note("c1", [odd]))
    kept = found(database)["events"][0]["entry"]
    assert (kept["level"], kept["floors"], kept["path"]) == (None, [None, 1], ["x"])
    assert found(database)["caller"] == "13\\x00\\udcff"
    assert found(database)["known"] == {"level": None}


def test_what_is_not_told_stays(database: Database, now: datetime) -> None:
    in_one(
        database,
        lambda calls: calls.opened(CALL, now),
        lambda calls: calls.stands("c1", "a", {"x": 1}, matter="inquiry", goodbye=True, drops=2),
        lambda calls: calls.stands("c1", "b", {"x": 2}),
    )
    call = found(database)
    assert (call["menu"], call["known"], call["matter"], call["goodbye"], call["drops"]) == (
        "b",
        {"x": 2},
        "inquiry",
        True,
        2,
    )


@pytest.mark.req("F1", "B9", "F6")
def test_the_calls_of_a_dead_process_are_closed_as_lost_and_told(database: Database, now: datetime) -> None:
    in_one(
        database,
        lambda calls: calls.opened(CALL, now),
        lambda calls: calls.answered("c1", now + timedelta(seconds=1)),
        lambda calls: calls.note("c1", [entry(now, 12.5, event="KeyPressed")]),
        lambda calls: calls.stands("c1", "waybill", {"name": "王芳"}, matter="inquiry", drops=1),
        lambda calls: calls.opened(NewCall(id="c2", instance="box:0"), now),
        lambda calls: calls.closed("c2", "helped", now),
        lambda calls: calls.opened(NewCall(id="c3", instance="box:1"), now),
    )
    restart = now + timedelta(minutes=3)
    with database.transaction() as tx:
        (lost,) = Calls(tx).lost("box:0", restart)
        assert Calls(tx).lost("box:0", restart) == []
    assert lost == LostCall(
        **{**vars(CALL), "known": {"name": "王芳"}, "drops": 1},
        began_at=now,
        answered_at=now + timedelta(seconds=1),
        last_at=now + timedelta(seconds=12.5),
        matter="inquiry",
        menu="waybill",
        goodbye=False,
    )
    call = found(database)
    assert (call["state"], call["outcome"], call["ended_at"]) == ("lost", "lost", now + timedelta(seconds=12.5))
    assert found(database, "c3")["state"] == "open", "another process has it"


@pytest.mark.req("B9")
def test_of_two_who_find_it_at_once_one_gets_it(make_cluster_database: MakeDatabase, now: datetime) -> None:
    """On SQLite one transaction waits for the other."""
    database = Database(make_cluster_database())
    in_one(database, lambda calls: calls.opened(CALL, now))
    with database.transaction() as one, database.transaction() as other:
        assert [call.id for call in Calls(one).lost("box:0", now)] == ["c1"]
        assert Calls(other).lost("box:0", now) == []
    database.close()


def test_a_call_that_was_lost_before_anything_was_noted(database: Database, now: datetime) -> None:
    in_one(database, lambda calls: calls.opened(CALL, now))
    with database.transaction() as tx:
        (lost,) = Calls(tx).lost("box:0", now - timedelta(hours=1))
    assert lost.last_at == now, "though the clock was put back meanwhile"


def test_calls_are_found_by_time_number_and_state(database: Database, now: datetime) -> None:
    hour = timedelta(hours=1)
    in_one(
        database,
        lambda calls: calls.opened(CALL, now - 2 * hour),
        lambda calls: calls.opened(NewCall(id="c2", direction="out", dialled="13800000001"), now - hour),
        lambda calls: calls.opened(NewCall(id="c3", caller="13900000000", instance="box:9"), now),
        lambda calls: calls.closed("c2", "kept", now),
        lambda calls: calls.lost("box:9", now),
    )

    def ids(**filters: Any) -> list[str]:  # noqa: ANN401 - filters of three kinds
        with database.reading() as tx:
            return [call["id"] for call in Calls(tx).list(**filters)]

    assert ids() == ["c1", "c2", "c3"]
    assert ids(since=now - hour) == ["c2", "c3"]
    assert ids(number="13800000001") == ["c1", "c2"]
    assert ids(states=["lost"]) == ["c3"]
    assert ids(states=["open", "lost"]) == ["c1", "c3"]
    assert ids(number="13800000001", states=["closed"]) == ["c2"]
