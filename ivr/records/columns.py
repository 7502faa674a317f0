"""Column types that mean the same on SQLite and on PostgreSQL, and values that every database takes."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from sqlalchemy import BigInteger, DateTime, Dialect, Integer, Text
from sqlalchemy.types import TypeDecorator

Number = BigInteger().with_variant(Integer, "sqlite")
"""A row's number; SQLite counts up only what it calls INTEGER."""


class Instant(TypeDecorator[datetime]):
    """A moment, in UTC to the microsecond; SQLite keeps it as text that sorts by time."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To the database. Raises ValueError for a time without a zone."""
        if value is not None and value.tzinfo is None:
            raise ValueError(f"{value}: a time without a zone is no instant")
        return value and value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """From the database."""
        return value and (value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC))


class Words(TypeDecorator[str]):
    """Text from anywhere: what no database takes (NUL, halves of a surrogate pair) is written out as an escape."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """To the database."""
        return None if value is None else writable(value)


def writable(text: str) -> str:
    """The text as `Words` keeps it."""
    return text.encode(errors="backslashreplace").decode().replace("\0", "\\x00")


def as_json(value: object) -> str:
    """JSON that every database takes, Chinese as it is; what JSON has no word for becomes text, infinities null."""
    try:
        text = json.dumps(value, ensure_ascii=False, default=str, allow_nan=False)
    except ValueError:
        text = json.dumps(_finite(value), ensure_ascii=False, default=str)
    return text.encode(errors="backslashreplace").decode()


def _finite(value: object) -> object:
    match value:
        case float():
            return value if math.isfinite(value) else None
        case str():
            return value
        case Mapping():
            return {key: _finite(item) for key, item in value.items()}
        case Sequence():
            return [_finite(item) for item in value]
    return value
