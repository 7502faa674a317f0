"""The limits around a source, with a source and a clock in the test's hands."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest

from ivr.backends import FAILED, FOUND, Backend, NoAnswerError, Reply
from ivr.backends.breaker import Breaker
from ivr.backends.pointer import ABSENT, at


class Puppet:
    where = "puppet"

    def __init__(self) -> None:
        self.asked, self.down, self.hangs, self.lacks = 0, False, False, False

    async def fetch(self, about: Mapping[str, str]) -> Reply:
        if self.lacks:
            raise NoAnswerError("the call has no waybill", asked=False)
        self.asked += 1
        if self.hangs:
            await asyncio.Event().wait()
        if self.down:
            raise NoAnswerError("down", down=True)
        return Reply(FOUND, dict(about))

    async def trouble(self) -> str:
        await asyncio.sleep(60 if self.hangs else 0)
        return ""

    async def close(self) -> None:
        self.asked = -1


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def backend(source: Puppet, clock: Clock, timeout_s: float = 5.0) -> Backend:
    return Backend(source, timeout_s=timeout_s, at_once=2, failures=2, rest_s=30.0, clock=clock)


@pytest.mark.req("B12")
def test_after_its_rest_one_question_tries_and_lets_the_others_in_again() -> None:
    async def run() -> None:
        source, clock = Puppet(), Clock()
        house = backend(source, clock)
        source.down = True
        for _ in range(4):
            assert (await house.ask({})).outcome == FAILED
        assert source.asked == 2
        clock.now = 29.9
        await house.ask({})
        assert source.asked == 2
        clock.now = 30.0
        await house.ask({})  # the probe fails: another rest
        await house.ask({})
        assert source.asked == 3
        clock.now, source.down = 60.0, False
        assert (await house.ask({"a": "1"})).values == {"a": "1"}
        assert (await house.ask({})).outcome == FOUND

    asyncio.run(run())


@pytest.mark.req("B12")
def test_a_question_that_was_never_put_says_nothing_about_the_system() -> None:
    async def run() -> None:
        source, clock = Puppet(), Clock()
        house = backend(source, clock)
        source.down = True
        for lacks in (False, True, False):
            source.lacks = lacks
            await house.ask({})
        clock.now, source.lacks = 30.0, True
        await house.ask({})  # let through to try, and could not
        source.lacks = False
        await house.ask({})  # this one tries, and fails
        await house.ask({})
        assert source.asked == 3

    asyncio.run(run())


@pytest.mark.req("B12")
def test_a_probe_whose_caller_hung_up_leaves_its_place_to_the_next() -> None:
    async def run() -> None:
        source, clock = Puppet(), Clock()
        house = backend(source, clock)
        source.down = True
        for _ in range(2):
            await house.ask({})
        clock.now, source.down, source.hangs = 30.0, False, True
        probe = asyncio.create_task(house.ask({}))
        await asyncio.sleep(0)
        assert "is not asked for a while" in (await house.ask({})).why
        probe.cancel()
        await asyncio.gather(probe, return_exceptions=True)
        source.hangs = False
        assert (await house.ask({})).outcome == FOUND

    asyncio.run(run())


@pytest.mark.req("B12")
def test_nobody_waits_longer_than_the_limit_for_room_either() -> None:
    async def run() -> None:
        source = Puppet()
        source.hangs = True
        house = backend(source, Clock(), timeout_s=0.05)
        replies = await asyncio.gather(*(house.ask({}) for _ in range(3)))
        assert {reply.why for reply in replies} == {"no answer within 0.05 s"}
        assert source.asked == 2
        assert await house.trouble() == "no answer within 0.05 s"
        await house.close()

    asyncio.run(run())


def test_a_breaker_counts_failures_in_a_row_only() -> None:
    breaker = Breaker(2, 30.0, Clock())
    for _ in range(3):
        breaker.failed()
        breaker.worked()
    assert breaker.admit()
    assert not breaker.open


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        ("", {"a/b": [{"~": None}]}),
        ("/a~1b/0/~0", None),
        ("/a~1b/1", ABSENT),
        ("/a~1b/-1", ABSENT),
        ("/a~1b/٠", ABSENT),
        ("/a", ABSENT),
        ("/a~1b/0/~0/x", ABSENT),
    ],
)
def test_pointers_lead_where_rfc_6901_says(pointer: str, value: object) -> None:
    document = {"a/b": [{"~": None}]}
    assert at(document, pointer) == value
