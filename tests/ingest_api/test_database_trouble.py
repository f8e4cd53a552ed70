"""Every trouble that a database can have: 503 and when to come again, nothing lost, nothing halved.

Of each message that was acknowledged every row is there afterwards; what was refused is sent again,
as the relay does, and then the tables are the model's. Nobody restarts the API.
"""

import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import aiohttp
import anyio
import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import dict_row

from ingest_api.ingest.delivery import Delivery
from ops.db.db_roles import Roles, make
from tests.api_process import ApiProcess
from tests.ingest_api.messages import CHATTER, SIGNAL, delivery
from tests.ingest_api.sender import Sender, numbered
from tests.ingest_api.tables import expected, stored
from tests.ingest_api.test_ingest import HEADERS
from tests.proxy import HOST, Proxy
from tests.waiting import eventually

_ROLES = Roles(*(f"trouble_{word}_{os.getpid()}" for word in ("owner", "api", "grafana")))
_PROBES = ("/livez", "/ready", "/readyz", "/health")


@asynccontextmanager
async def _sender(api: ApiProcess) -> AsyncIterator[Sender]:
    async with aiohttp.ClientSession(api.url) as session:
        yield Sender(session)


def _execute(dsn: str, *statements: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def _cut(dsn: str) -> str:
    """SQL that ends every session of the database but our own."""
    name = conninfo_to_dict(dsn)["dbname"]
    return (
        "select pg_terminate_backend(pid) from pg_stat_activity"  # noqa: S608  # our own name
        f" where datname = '{name}' and pid <> pg_backend_pid() and backend_type = 'client backend'"
    )


def _close_for_writes(dsn: str) -> None:
    """Let new sessions only read, as those of a standby."""
    name = conninfo_to_dict(dsn)["dbname"]
    _execute(dsn, f'alter database "{name}" set default_transaction_read_only = on')


def _open_for_writes(dsn: str) -> None:
    name = conninfo_to_dict(dsn)["dbname"]
    reset = f'alter database "{name}" reset default_transaction_read_only'
    _execute(dsn, "set default_transaction_read_only = off", reset)


async def test_a_read_only_database_is_read_and_not_written(
    own_api: ApiProcess, database: str
) -> None:
    """Reads go on; writes are 503; it is no more `readyz`; writable again, all is well at once."""
    async with _sender(own_api) as sender:
        await sender.insist(delivery(1))
        _close_for_writes(database)
        _execute(database, _cut(database))
        await eventually(lambda: _is_refused(sender, delivery(2)))
        assert numbered(await sender.signals()) == {1}
        found = await sender.statuses(*_PROBES)
        assert found == {"/livez": 200, "/ready": 200, "/readyz": 503, "/health": 503}
        await _every_write_is_refused(own_api.url)
        _open_for_writes(database)
        # The sessions that are read-only live on: each is given up by the one that meets it.
        await sender.insist(delivery(2))
        await eventually(lambda: _are(sender, 200, *_PROBES))
    assert stored(database) == expected([delivery(1), delivery(2)])
    assert not own_api.has_ended


async def test_a_read_only_database_at_the_start_is_waited_for(
    empty_database: str, tmp_path: Path
) -> None:
    """It cannot be migrated yet; that ends nothing."""
    _close_for_writes(empty_database)
    with ApiProcess(empty_database, tmp_path / "log") as api:
        await eventually(lambda: api.logged("database.waiting"))
        assert "read-only transaction" in api.lines("database.waiting")[0]["message"]
        async with _sender(api) as sender:
            assert await _are(sender, 503, "/readyz", "/health")
            assert not await sender.is_taken(delivery(1))
        async with aiohttp.ClientSession(api.url) as session, session.get("/signals") as answer:
            assert (await answer.json(content_type=None))["detail"] == (
                "the database is not migrated yet; ask again soon, GET /health tells how it is"
            )
        _open_for_writes(empty_database)
        await anyio.to_thread.run_sync(api.wait_until_ready)


@pytest.mark.parametrize(
    "variables", [{}, {"STATEMENT_TIMEOUT_MS": "300"}], ids=["lock time-out", "statement time-out"]
)
async def test_a_lock_that_another_session_holds(
    start_api: Callable[..., ApiProcess], database: str, variables: dict[str, str]
) -> None:
    """Refused when the time limit is over, readers as well; nothing of it is written."""
    api = start_api(**variables, LOCK_TIMEOUT_MS="600")
    async with _sender(api) as sender:
        await sender.insist(delivery(1))
        with psycopg.connect(database) as other:
            other.execute("lock table tp_capital.tp_capital_signals in access exclusive mode")
            with anyio.fail_after(5):
                assert not await sender.is_taken(delivery(2), delivery(3, CHATTER))
                assert await sender.statuses("/signals") == {"/signals": 503}
            assert await sender.statuses("/readyz") == {"/readyz": 200}
        assert {row["message_id"] for row in stored(database)["messages"]} == {1}
        await sender.insist(delivery(2), delivery(3, CHATTER))
    assert stored(database) == expected(sender.acknowledged)


@contextmanager
def _least_role(dsn: str) -> Iterator[str]:
    """The connection string of the API's role as `tpcapital db roles` makes it."""
    try:
        with psycopg.connect(dsn, autocommit=True, row_factory=dict_row) as connection:
            assert make(connection, "tp_capital", _ROLES)
            connection.execute(f"alter role {_ROLES.api} password 'of-a-test'".encode())
        yield make_conninfo(dsn, user=_ROLES.api, password="of-a-test")
    finally:
        for role in _ROLES:
            _execute(dsn, f"drop owned by {role} cascade", f"drop role {role}")


async def test_no_connection_is_left(database: str, tmp_path: Path) -> None:
    """At the start it is waited for; later the pool has what it has, or nothing: 503 until then."""
    limit = f"alter role {_ROLES.api} connection limit"
    with _least_role(database) as dsn:
        _execute(database, f"{limit} 0")
        few = {"POOL_SIZE": "2", "POOL_TIMEOUT_MS": "300"}
        with ApiProcess(dsn, tmp_path / "log", **few) as api:
            await eventually(lambda: api.logged("database.waiting"))
            assert "too many connections" in api.lines("database.waiting")[0]["message"]
            async with _sender(api) as sender:
                assert await _are(sender, 503, "/ready", "/readyz", "/signals")
                _execute(database, f"{limit} 4")
                await eventually(lambda: _are(sender, 200, "/ready", "/readyz", "/signals"))
                await sender.insist(delivery(1))
                _execute(database, f"{limit} 0", _cut(database))
                await eventually(lambda: _is_refused(sender, delivery(2)))
                _execute(database, f"{limit} 4")
                await sender.insist(delivery(2))
        assert stored(database) == expected([delivery(1), delivery(2)])


async def test_rights_that_are_missing_are_the_operators_to_give(
    database: str, tmp_path: Path
) -> None:
    """A message is not to blame for a grant: 503 until it is there, and no dead letter."""
    with (
        _least_role(database) as dsn,
        ApiProcess(dsn, tmp_path / "log") as api,
    ):
        api.wait_until_ready()
        async with _sender(api) as sender:
            _execute(database, f"revoke insert on tp_capital.messages from {_ROLES.api}")
            assert not await sender.is_taken(delivery(1))
            assert "permission denied" in sender.refusals[-1]
            _execute(database, f"grant insert on tp_capital.messages to {_ROLES.api}")
            assert await sender.is_taken(delivery(1))


async def test_a_host_that_goes_silent(database: str, tmp_path: Path) -> None:
    """Connections stay open and say nothing: told within the gateway's 10 s, found again after."""
    known = conninfo_to_dict(database)
    proxy = Proxy(str(known.get("host", HOST)), int(known.get("port") or 5432))
    async with anyio.create_task_group() as tasks, proxy.running(tasks):
        proxied = make_conninfo(database, host=HOST, port=proxy.port)
        with ApiProcess(proxied, tmp_path / "log") as api:
            await anyio.to_thread.run_sync(api.wait_until_ready)
            async with _sender(api) as sender:
                await sender.insist(delivery(1))
                proxy.hold()
                with anyio.fail_after(10):
                    assert not await sender.is_taken(delivery(2))
                assert await _are(sender, 503, "/ready", "/readyz")
                assert await _are(sender, 200, "/livez")
                proxy.let_go()
                await sender.insist(delivery(2))
    assert stored(database) == expected([delivery(1), delivery(2)])


async def _is_refused(sender: Sender, one: Delivery) -> bool:
    return not await sender.is_taken(one)


async def _are(sender: Sender, status: int, *paths: str) -> bool:
    return set((await sender.statuses(*paths)).values()) == {status}


async def _every_write_is_refused(url: str) -> None:
    """With 503, not with 500, and a time to come again."""
    async with aiohttp.ClientSession(url, headers=HEADERS) as session:
        for path, content in _WRITES.items():
            method, _, place = path.partition(" ")
            async with session.request(method, place, json=content) as answer:
                assert answer.status == 503, (path, await answer.text())
                assert "Retry-After" in answer.headers


_CHANNEL = {"label": "x", "channel_id": "-1001"}
_WRITES: dict[str, object] = {
    "POST /ingest": {
        "channelId": -1001,
        "messageId": 9,
        "text": SIGNAL,
        "timestamp": "2025-10-25T13:00:00Z",
        "photos": [],
    },
    "POST /signals/1/restore": {},
    "POST /clean-signals": {},
    "POST /full-scan": {},
    "POST /telegram-channels": _CHANNEL,
    "POST /telegram/channels": _CHANNEL,
    "POST /telegram/bots": {"username": "some_bot", "token": f"1:{'x' * 40}"},
    "DELETE /telegram-channels/00000000-0000-0000-0000-000000000000": {},
}
