"""Databases for tests: whoever asks for `make_database` runs on SQLite, and again on PostgreSQL."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from ivr.records import Database
from tests.records.postgres import HOW, Cluster, programs

MakeDatabase = Callable[[], str]
"""Gives the URL of a new database with tables in it."""
_numbers = count(1)


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    binaries = programs()
    if binaries is None:
        pytest.skip(HOW)
    cluster = Cluster(binaries)
    try:
        cluster.start()
        _upgraded(cluster.create("template_ivr"))
        yield cluster
    finally:
        cluster.close()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "ivr.db"
    _upgraded(f"sqlite://{path}")
    return path


def _upgraded(url: str) -> None:
    database = Database(url)
    database.upgrade()
    database.close()


@pytest.fixture
def make_cluster_database(cluster: Cluster) -> Iterator[MakeDatabase]:
    names = []

    def make() -> str:
        names.append(f"ivr{next(_numbers)}")
        return cluster.create(names[-1], "template_ivr")

    yield make
    for name in names:
        cluster.drop(name)


@pytest.fixture
def make_file(sqlite_template: Path, tmp_path: Path) -> MakeDatabase:
    def make() -> str:
        path = tmp_path / f"ivr{next(_numbers)}.db"
        shutil.copy(sqlite_template, path)
        return f"sqlite://{path}"

    return make


@pytest.fixture(params=["make_file", "make_cluster_database"], ids=["sqlite", "postgresql"])
def make_database(request: pytest.FixtureRequest) -> MakeDatabase:
    made: MakeDatabase = request.getfixturevalue(request.param)
    return made
