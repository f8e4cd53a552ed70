"""Fixtures of the API's tests."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import aiohttp
import pytest

from contracts.metrics import API
from contracts.telemetry import Telemetry
from ingest_api.database.database import Pool, open_pool
from ingest_api.ingest.store import Store
from tests.api_process import ApiProcess
from tests.postgres import TestDatabases, settings


@pytest.fixture
def telemetry() -> Iterator[Telemetry]:
    """The API's instruments."""
    found = Telemetry(API, "test", "0")
    yield found
    found.close()


@pytest.fixture
async def pool(database: str) -> AsyncIterator[Pool]:
    """A pool on a fresh, migrated database."""
    async with open_pool(settings(database)) as found:
        yield found


@pytest.fixture
def store(pool: Pool, telemetry: Telemetry) -> Store:
    """The store on that pool."""
    return Store(pool, telemetry)


@pytest.fixture(scope="module")
def api_database(postgres: TestDatabases) -> Iterator[str]:
    """The database of the module's API process."""
    with postgres.migrated() as dsn:
        yield dsn


@pytest.fixture(scope="module")
def api(api_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiProcess]:
    """One API process for the module's tests, ready."""
    with ApiProcess(api_database, tmp_path_factory.mktemp("api") / "log") as process:
        process.wait_until_ready()
        yield process


@pytest.fixture
def own_api(database: str, tmp_path: Path) -> Iterator[ApiProcess]:
    """An API process for one test alone, ready."""
    with ApiProcess(database, tmp_path / "log") as process:
        process.wait_until_ready()
        yield process


@pytest.fixture
async def client(api: ApiProcess) -> AsyncIterator[aiohttp.ClientSession]:
    """An HTTP client of the module's API."""
    async with aiohttp.ClientSession(api.url) as session:
        yield session


@pytest.fixture
def start_api(database: str, tmp_path: Path) -> Iterator[Callable[..., ApiProcess]]:
    """Starts API processes on one database with variables of the test's own, and waits for them."""
    with ExitStack() as stack:

        def start(**variables: str) -> ApiProcess:
            log = tmp_path / f"log-{len(list(tmp_path.glob('log-*')))}"
            api = stack.enter_context(ApiProcess(database, log, **variables))
            api.wait_until_ready()
            return api

        yield start
