from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import pytest

from ivr.records import Claim, Database, Expired, NewTicket, OnFailure, Policy, Promise, Promises, Settled, Tickets
from ivr.records.policy import LONGEST_LEASE_S
from ivr.records.promises import Kept

T = TypeVar("T")
POLICY = Policy(attempts=3, between_s=(60, 300))


def after(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


class Desk:
    """Each thing done is a transaction of its own, as in the service."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def do(self, work: Callable[[Promises], T]) -> T:
        with self._database.transaction() as tx:
            return work(Promises(tx))

    def make(self, now: datetime, number: str = "13800000001", due_s: float = 30, **more: object) -> int:
        promise = Promise(kind="call_back", number=number, due_at=now + after(due_s), **more)  # type: ignore[arg-type]  # a test's own keys
        return self.do(lambda promises: promises.make(promise, now))

    def claim(self, now: datetime, limit: int = 10, lease_s: float = 30) -> Sequence[Claim]:
        return self.do(lambda promises: promises.claim(now, "desk", lease_s, limit))

    def dialling(self, claim: Claim, now: datetime) -> bool:
        return self.do(lambda promises: promises.dialling(claim, now, "call-back-1"))

    def settle(self, claim: Claim, outcome: str, now: datetime, policy: Policy = POLICY) -> Settled | None:
        return self.do(lambda promises: promises.settle(claim, outcome, now, policy))

    def attempt(self, now: datetime, outcome: str, policy: Policy = POLICY) -> Settled | None:
        """Claim the one promise there is, dial, and hear what came of it."""
        (claim,) = self.claim(now)
        assert self.dialling(claim, now)
        return self.settle(claim, outcome, now, policy)

    def renew(self, claim: Claim, now: datetime) -> bool:
        return self.do(lambda promises: promises.renew(claim, now))

    def come_back(self, promise_id: int, now: datetime) -> bool:
        return self.do(lambda promises: promises.come_back(promise_id, "rang", now))

    def expire(self, now: datetime) -> Sequence[Expired]:
        return self.do(lambda promises: promises.expire(now))

    def get(self, promise_id: int) -> Kept:
        found = self.do(lambda promises: promises.get(promise_id))
        assert found
        return found


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(database)


# ---------------------------------------------------------------- making and claiming


def test_a_promise_comes_back_as_it_was_made(desk: Desk, now: datetime) -> None:
    say = {"menu": "offer", "known": {"name": "王芳", "waybill": "12345"}}
    made = desk.make(now, call_id="c1", ticket_id=None, say=say, owner="8001", line="4001", max_attempts=2)
    kept = desk.get(made)
    assert (kept.say, kept.due_at, kept.not_before) == (say, now + after(30), now)
    assert (kept.owner, kept.line, kept.call_id, kept.max_attempts) == ("8001", "4001", "c1", 2)
    assert (kept.state, kept.attempts, kept.epoch) == ("pending", 0, 0)


@pytest.mark.req("B9")
def test_the_same_promise_is_not_made_twice(desk: Desk, now: datetime) -> None:
    first = desk.make(now, key="dropped:c1")
    assert desk.make(now + after(5), key="dropped:c1", number="13900000000") == first
    assert desk.get(first).number == "13800000001"
    assert desk.make(now, key="dropped:c2") != first
    assert len({desk.make(now), desk.make(now)}) == 2, "without a key each is its own"


def test_what_is_due_first_is_claimed_first(desk: Desk, now: datetime) -> None:
    late, soon, next_week = (desk.make(now, f"1380000000{n}", due) for n, due in enumerate((3600, 30, 604_800)))
    assert [claim.id for claim in desk.claim(now, limit=2)] == [soon, late]
    assert [claim.id for claim in desk.claim(now)] == [next_week]
    assert desk.claim(now) == []


@pytest.mark.req("F3", "F4")
def test_a_promise_for_tomorrow_is_tested_today(desk: Desk, now: datetime) -> None:
    made = desk.make(now, due_s=86_400, not_before=now + after(86_000))
    assert desk.claim(now + after(85_999.9)) == []
    assert desk.do(lambda promises: promises.next_at()) == now + after(86_000)
    (claim,) = desk.claim(now + after(86_000))
    assert claim.id == made


def test_only_the_kinds_asked_for(desk: Desk, now: datetime) -> None:
    desk.make(now)
    assert desk.do(lambda promises: promises.claim(now, "desk", 30, 10, kinds=("reply",))) == []
    assert len(desk.do(lambda promises: promises.claim(now, "desk", 30, 10, kinds=("reply", "call_back")))) == 1


def test_never_two_claims_of_one_number(desk: Desk, now: datetime) -> None:
    first, second, other = desk.make(now), desk.make(now, due_s=60), desk.make(now, "13900000000")
    claims = desk.claim(now)
    assert [claim.id for claim in claims] == [first, other]
    assert desk.claim(now) == []
    assert desk.dialling(claims[0], now)
    assert desk.claim(now) == [], "not while it is being dialled either"
    desk.settle(claims[0], "kept", now)
    assert [claim.id for claim in desk.claim(now)] == [second]


def test_promises_without_a_number_do_not_wait_for_each_other(desk: Desk, now: datetime) -> None:
    assert len({desk.make(now, number=""), desk.make(now, number="")}) == 2
    assert len(desk.claim(now)) == 2


# ---------------------------------------------------------------- dialling


def test_a_claim_is_good_for_one_call(desk: Desk, now: datetime) -> None:
    made = desk.make(now)
    (claim,) = desk.claim(now)
    assert desk.dialling(claim, now)
    assert not desk.dialling(claim, now)
    assert desk.settle(claim, "kept", now + after(9)) == Settled("kept")
    kept = desk.get(made)
    assert (kept.state, kept.attempts, kept.closed_at, kept.lease_until) == ("kept", 1, now + after(9), None)


def test_who_lost_the_lease_does_not_dial(desk: Desk, now: datetime) -> None:
    desk.make(now)
    (old,) = desk.claim(now, lease_s=30)
    assert not desk.dialling(old, now + after(30))
    (expired,) = desk.expire(now + after(30))
    assert (expired.state, expired.ticket_id) == ("pending", None)
    (new,) = desk.claim(now + after(30))
    assert new.epoch == old.epoch + 1
    assert not desk.dialling(old, now + after(31)), "its promise is claimed, but not by it"
    assert not desk.renew(old, now + after(31))
    assert desk.settle(old, "kept", now + after(31)) is None
    assert desk.dialling(new, now + after(31))


def test_a_renewed_lease_holds_for_as_long_as_the_call(desk: Desk, now: datetime) -> None:
    desk.make(now)
    (claim,) = desk.claim(now, lease_s=30)
    assert desk.dialling(claim, now)
    for second in range(20, 600, 20):
        assert desk.renew(claim, now + after(second))
        assert desk.expire(now + after(second)) == []
    assert desk.settle(claim, "kept", now + after(600)) == Settled("kept")


@pytest.mark.req("B9")
def test_what_may_have_been_dialled_is_never_dialled_again(desk: Desk, database: Database, now: datetime) -> None:
    made = desk.make(now, call_id="c1", owner="8001")
    (claim,) = desk.claim(now, lease_s=30)
    assert desk.dialling(claim, now)
    (expired,) = desk.expire(now + after(31))
    assert (expired.promise.id, expired.state) == (made, "unknown")
    assert desk.get(made).state == "unknown"
    assert desk.claim(now + after(1e6)) == []
    assert desk.expire(now + after(1e6)) == []
    with database.transaction() as tx:
        assert expired.ticket_id
        ticket = Tickets(tx).get(expired.ticket_id)
    assert ticket
    assert (ticket.kind, ticket.urgency, ticket.owner) == ("promise_unknown", "urgent", "8001")
    assert (ticket.number, ticket.call_id, ticket.status) == ("13800000001", "c1", "open")


def test_an_outcome_that_comes_late_is_told_to_whoever_has_the_ticket(
    desk: Desk, database: Database, now: datetime
) -> None:
    desk.make(now)
    (claim,) = desk.claim(now)
    assert desk.dialling(claim, now)
    (expired,) = desk.expire(now + after(31))
    assert desk.settle(claim, "kept", now + after(40)) is None
    with database.transaction() as tx:
        assert expired.ticket_id
        ticket = Tickets(tx).get(expired.ticket_id)
    assert ticket
    assert [(line.what, line.detail) for line in ticket.history][-1] == ("known after all", "kept")


def test_a_claim_given_back_costs_no_attempt(desk: Desk, now: datetime) -> None:
    made = desk.make(now)
    (claim,) = desk.claim(now)
    assert desk.do(lambda promises: promises.release(claim, now + after(60), "caller is on the line", now))
    assert desk.claim(now + after(59)) == []
    (again,) = desk.claim(now + after(60))
    assert (again.id, desk.get(made).attempts) == (made, 0)
    assert desk.dialling(again, now + after(60))
    assert not desk.do(lambda promises: promises.release(again, now, "too late", now))


# ---------------------------------------------------------------- policy


def test_attempts_are_repeated_as_the_policy_has_it_then_a_ticket(
    desk: Desk, database: Database, now: datetime
) -> None:
    made = desk.make(now)
    assert desk.attempt(now, "busy") == Settled("pending", again_at=now + after(60))
    assert desk.claim(now + after(59)) == []
    later = now + after(60)
    assert desk.attempt(later, "no_answer") == Settled("pending", again_at=later + after(300))
    last = later + after(300)
    settled = desk.attempt(last, "no_answer")
    assert settled
    assert settled.state == "failed"
    assert (desk.get(made).state, desk.get(made).attempts, desk.get(made).ticket_id) == ("failed", 3, settled.ticket_id)
    with database.transaction() as tx:
        assert settled.ticket_id
        ticket = Tickets(tx).get(settled.ticket_id)
    assert ticket
    assert (ticket.kind, ticket.urgency, ticket.owner) == ("promise_failed", "urgent", "supervisor")
    assert ticket.summary == "call_back: no_answer, the last of 3 attempts"


def test_what_cannot_even_be_dialled_is_not_tried_for_ever(desk: Desk, now: datetime) -> None:
    made, policy = desk.make(now), Policy(attempts=2, between_s=(0,))
    for state in ("pending", "failed"):
        (claim,) = desk.claim(now)
        settled = desk.settle(claim, "no line", now, policy)
        assert settled
        assert settled.state == state == desk.get(made).state


def test_a_promise_may_have_fewer_attempts_than_the_policy(desk: Desk, now: datetime) -> None:
    desk.make(now, max_attempts=1)
    settled = desk.attempt(now, "busy")
    assert settled
    assert settled.state == "failed"


def test_a_failed_promise_speaks_on_its_own_ticket(desk: Desk, database: Database, now: datetime) -> None:
    with database.transaction() as tx:
        ticket_id = Tickets(tx).open(NewTicket(kind="inquiry"), now)
    desk.make(now, ticket_id=ticket_id)
    policy = Policy(attempts=1, on_failure=OnFailure(kind="nobody_there", urgency="urgent"))
    assert desk.attempt(now, "busy", policy) == Settled("failed", ticket_id=ticket_id)
    with database.transaction() as tx:
        ticket = Tickets(tx).get(ticket_id)
    assert ticket
    assert ticket.urgency == "urgent"
    assert "nobody_there" in [line.what for line in ticket.history]


def test_nobody_is_tried_again_in_quiet_hours(desk: Desk, now: datetime) -> None:
    policy = Policy(attempts=3, between_s=(3600,), quiet_hours="21:00-08:00")
    evening = datetime(2026, 11, 22, 12, 30, tzinfo=UTC)  # 20:30 in Shanghai
    desk.make(evening)
    morning = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)
    assert desk.attempt(evening, "busy", policy) == Settled("pending", again_at=morning)


# ---------------------------------------------------------------- cancelling


def test_a_caller_who_rings_first_need_not_be_rung(desk: Desk, now: datetime) -> None:
    made, claimed = desk.make(now), desk.make(now, "13900000000")
    assert [each.id for each in desk.do(lambda promises: promises.list(number="13800000001"))] == [made]
    assert desk.do(lambda promises: promises.cancel(made, "rang first", now))
    (claim,) = desk.claim(now)
    assert desk.do(lambda promises: promises.cancel(claimed, "rang first", now))
    assert not desk.dialling(claim, now)
    assert desk.do(lambda promises: promises.list()) == []
    desk.make(now, "13900000000")
    assert len(desk.claim(now)) == 1, "the number is free again"


def test_what_is_being_dialled_cannot_be_cancelled(desk: Desk, now: datetime) -> None:
    made = desk.make(now)
    (claim,) = desk.claim(now)
    assert desk.dialling(claim, now)
    assert not desk.do(lambda promises: promises.cancel(made, "too late", now))
    assert desk.settle(claim, "kept", now) == Settled("kept")


# ---------------------------------------------------------------- a clock that is put right


def test_the_clock_put_forward_loses_claims_and_nothing_else(desk: Desk, now: datetime) -> None:
    dialled, waiting = desk.make(now), desk.make(now, "13900000000")
    first, second = desk.claim(now)
    assert desk.dialling(first, now)
    hence = now + after(3600)
    assert not desk.dialling(second, hence)
    assert desk.renew(first, hence), "its call goes on, and nobody has judged it yet"
    assert [(each.promise.id, each.state) for each in desk.expire(hence)] == [(waiting, "pending")]
    assert desk.settle(first, "kept", hence) == Settled("kept")
    (again,) = desk.claim(hence)
    assert again.id == waiting
    assert desk.get(dialled).state == "kept"


def test_the_clock_put_back_leaves_no_claim_for_an_hour(desk: Desk, now: datetime) -> None:
    made = desk.make(now, not_before=now - after(7200))
    (claim,) = desk.claim(now)
    ago = now - after(3600)
    assert desk.renew(claim, ago), "the living hold what they have"
    assert desk.expire(ago) == []
    (expired,) = desk.expire(now + after(60))
    (dead,) = desk.claim(now + after(60))
    assert (expired.promise.id, dead.id) == (made, made)
    (expired,) = desk.expire(ago)
    assert (expired.promise.id, expired.state) == (made, "pending")
    assert not desk.dialling(dead, ago)
    (again,) = desk.claim(ago)
    assert desk.dialling(again, ago)


@pytest.mark.parametrize("back_s", [30, 3600])
def test_the_clock_put_back_makes_no_wait_between_attempts_longer(desk: Desk, now: datetime, back_s: float) -> None:
    desk.make(now)
    assert desk.attempt(now, "busy") == Settled("pending", again_at=now + after(60))
    back = now - after(back_s)
    for seconds in range(0, 60, 2):
        assert desk.expire(back + after(seconds)) == []
        assert desk.claim(back + after(seconds)) == []
    assert desk.attempt(back + after(60), "busy") == Settled("pending", again_at=back + after(360))
    assert desk.claim(back + after(359)) == []


def test_the_clock_put_back_leaves_a_promise_of_an_hour_alone(desk: Desk, now: datetime) -> None:
    desk.make(now, not_before=now + after(1800))
    back = now - after(600)
    desk.expire(back)
    assert desk.claim(now + after(1799)) == []
    assert desk.claim(now + after(1800))


def test_the_clock_put_back_twice_while_a_claim_was_given_back(desk: Desk, now: datetime) -> None:
    made = desk.make(now)
    (claim,) = desk.claim(now)
    assert desk.do(lambda promises: promises.release(claim, now + after(60), "on another line", now))
    for back in (now - after(600), now - after(7200)):
        desk.expire(back)
        assert desk.get(made).not_before == back + after(60)


def test_a_lease_longer_than_any_may_be_is_a_mistake_of_ours(desk: Desk, now: datetime) -> None:
    with pytest.raises(AssertionError):
        desk.claim(now, lease_s=LONGEST_LEASE_S + 1)


@pytest.mark.req("F6")
def test_who_comes_back_by_themselves_is_rung_no_more_even_while_they_are_dialled(desk: Desk, now: datetime) -> None:
    pending, dialled = desk.make(now, due_s=60), desk.make(now, number="13800000002")
    (claim,) = [each for each in desk.claim(now) if each.id == dialled]
    assert desk.dialling(claim, now)
    assert [desk.come_back(each, now) for each in (pending, dialled, 404)] == [True, True, False]
    assert [desk.get(each).state for each in (pending, dialled)] == ["cancelled"] * 2
    assert not desk.renew(claim, now)
    assert desk.settle(claim, "busy", now) is None
    assert desk.claim(now + after(3600)) == []


@pytest.mark.req("F6")
def test_a_promise_that_failed_is_settled_by_coming_back_and_one_that_was_kept_is_not(
    desk: Desk, now: datetime
) -> None:
    failed = desk.make(now)
    desk.attempt(now, "busy", Policy(attempts=1))
    kept = desk.make(now)
    desk.attempt(now, "kept")
    assert desk.come_back(failed, now)
    assert not desk.come_back(kept, now)
    assert [desk.get(each).state for each in (failed, kept)] == ["cancelled", "kept"]
