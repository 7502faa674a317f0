"""How a promise is pursued, as data: how often, how long between, when not, and what when all was in vain."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Annotated, Literal, NamedTuple
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from ivr.config.values import TimeZone

LONGEST_LEASE_S = 900.0
Urgency = Literal["normal", "urgent"]


class QuietHours(NamedTuple):
    """Local times between which nobody is rung; from 21:00 to 08:00 spans midnight. `start` is quiet, `end` is not."""

    start: time
    end: time

    def holds(self, at: time) -> bool:
        """Whether it is quiet at that local time."""
        if self.start < self.end:
            return self.start <= at < self.end
        return at >= self.start or at < self.end


def _quiet_hours(value: object) -> object:
    """From "21:00-08:00"; empty for none."""
    if not isinstance(value, str):
        return value
    if not value:
        return None
    try:
        start, end = (time.fromisoformat(part.strip()) for part in value.split("-"))
    except ValueError:
        raise ValueError(f'"{value}" are no hours; write e.g. "21:00-08:00"') from None
    return start, end


def _several(value: object) -> object:
    return (value,) if isinstance(value, int | float) else value


class _Data(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class OnFailure(_Data):
    """The ticket that a promise becomes when it could not be kept."""

    kind: Annotated[str, Field(min_length=1)] = "promise_failed"
    urgency: Urgency = "urgent"
    owner: str = "supervisor"
    """Where the promise itself has no owner."""


class Policy(_Data):
    """Raises ValidationError for hours that never end, no attempts, waits that are none."""

    attempts: Annotated[int, Field(ge=1, le=100)] = 3
    """In all; a promise's own `max_attempts` overrules it."""
    between_s: Annotated[tuple[Annotated[float, Field(ge=0)], ...], Field(min_length=1), BeforeValidator(_several)] = (
        300.0,
    )
    """Seconds from the end of the first, second … attempt to the next one; the last is repeated."""
    quiet_hours: Annotated[QuietHours | None, BeforeValidator(_quiet_hours)] = None
    timezone: TimeZone = "Asia/Shanghai"
    """Whose clock `quiet_hours` are on."""
    lease_s: Annotated[float, Field(gt=0, le=LONGEST_LEASE_S)] = 30.0
    """How long a claim holds without being renewed."""
    on_failure: OnFailure = OnFailure()

    @model_validator(mode="after")
    def _some_hour_is_loud(self) -> Policy:
        if self.quiet_hours and self.quiet_hours.start == self.quiet_hours.end:
            raise ValueError("quiet_hours begin when they end; leave them out for none")
        if self.quiet_hours and any(each.tzinfo for each in self.quiet_hours):
            raise ValueError("quiet_hours are local times; leave the zone to timezone")
        return self

    def allows(self, at: datetime) -> bool:
        """Whether somebody may be rung then."""
        return self.quiet_hours is None or not self.quiet_hours.holds(self._local(at).time())

    def earliest(self, at: datetime) -> datetime:
        """`at`, or the end of the quiet hours that it falls into."""
        if self.quiet_hours is None or self.allows(at):
            return at
        local = self._local(at)
        days = timedelta(days=local.time() >= self.quiet_hours.end)
        return datetime.combine(local.date() + days, self.quiet_hours.end, local.tzinfo).astimezone(at.tzinfo)

    def again(self, now: datetime, attempts: int) -> datetime:
        """When to try next, after so many attempts (from 1)."""
        wait = self.between_s[min(attempts, len(self.between_s)) - 1]
        return self.earliest(now + timedelta(seconds=wait))

    def _local(self, at: datetime) -> datetime:
        return at.astimezone(ZoneInfo(self.timezone))
