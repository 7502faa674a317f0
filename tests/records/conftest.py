from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from ivr.records import Database
from tests.records.databases import MakeDatabase


@pytest.fixture
def url(make_database: MakeDatabase) -> str:
    return make_database()


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    database = Database(url, patience_s=1.0)
    yield database
    database.close()


@pytest.fixture
def now() -> datetime:
    return datetime(2026, 11, 22, 1, 30, tzinfo=UTC)
