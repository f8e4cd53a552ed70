"""Fixtures for every floor of the tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.as_errors import PARDONED
from tests.fuzzing import FACTOR
from tests.postgres import TestDatabases, databases, server_folder

if FACTOR > 1:  # `just fuzz`
    settings.register_profile("fuzz", max_examples=100 * FACTOR, deadline=None)
    settings.load_profile("fuzz")


def pytest_configure(config: pytest.Config) -> None:
    """Every warning is an error, but for those that are pardoned."""
    for each in PARDONED:
        config.addinivalue_line("filterwarnings", each)


@pytest.hookimpl(trylast=True)  # when those of other marks are left out already
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Of the long tests the longest first, each beside a short one.

    A worker is given two at the start; what begins last keeps all others waiting.
    """
    if all(item.get_closest_marker("long") for item in items):
        items.sort(key=_minutes, reverse=True)
        half = len(items) // 2
        long, short = items[:half], items[: half - 1 : -1] if half else items[:]
        beside = [item for pair in zip(long, short, strict=False) for item in pair]
        items[:] = [*beside, *short[half:]]


def _minutes(item: pytest.Item) -> float:
    marker = item.get_closest_marker("long")
    return float(marker.kwargs.get("minutes", 1)) if marker else 0


@pytest.fixture
def anyio_backend() -> str:
    """Everything here runs on asyncio: psycopg, aiosqlite and aiohttp know no other."""
    return "asyncio"


@pytest.fixture(scope="session")
def postgres() -> Iterator[TestDatabases]:
    """A PostgreSQL server for the session: embedded, or the one of TEST_DATABASE_URL."""
    with databases() as found:
        yield found


@pytest.fixture
def postgres_folder() -> Iterator[Path]:
    """A folder for a server of the test's own."""
    with server_folder() as folder:
        yield folder


@pytest.fixture
def empty_database(postgres: TestDatabases) -> Iterator[str]:
    """The connection string of a database with nothing in it."""
    with postgres.empty() as dsn:
        yield dsn


@pytest.fixture
def database(postgres: TestDatabases) -> Iterator[str]:
    """The connection string of a fresh database with the API's schema."""
    with postgres.migrated() as dsn:
        yield dsn
