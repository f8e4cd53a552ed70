"""Each problem that the API and the gateway's port answer with is as the list has it."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Final

import pytest

from contracts import problem
from tests.messages_list import (
    of_http_control,
    of_http_ingest,
    of_http_messages,
    of_http_reads,
    of_http_registers,
    of_http_trouble,
    of_http_writes,
)
from tests.messages_list.http_row import HttpRow
from tests.messages_list.servers import Servers
from tests.postgres import TestDatabases

# Whom the rows are asked of: a name in servers.py.
OF_SERVERS: Final[dict[str, list[HttpRow]]] = {
    "api": [
        *of_http_ingest.ROWS,
        *of_http_messages.ROWS,
        *of_http_reads.ROWS,
        *of_http_writes.ROWS,
        *of_http_registers.ROWS,
    ],
    "closed api": of_http_trouble.CLOSED,
    "asked api": of_http_trouble.ASKED,
    "api without database": of_http_trouble.LONE,
    "gateway": of_http_control.ROWS,
}
HTTP_ROWS: Final = [row for rows in OF_SERVERS.values() for row in rows]
# What only a programmer of ours reads.
_FOREIGN: Final = (
    *("Traceback", "[Errno", "PosixPath", "<class", "Error(", "codec can't", "recursion"),
    *("NoneType", "object has no", "\\udc", "psycopg", "sqlite3.", "aiohttp", "hypercorn"),
)
# Told by other tests: a body or a database that takes too long, a full or stopping server, two
# signals of one moment, an error that no request is known to cause.
_ELSEWHERE: Final = {"slow-body", "overloaded", "draining", "ambiguous", "internal"}


@pytest.fixture(scope="module")
def servers(postgres: TestDatabases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """All of them, until the module is done."""
    with ExitStack() as stack:
        yield Servers(stack, tmp_path_factory.mktemp("servers"), postgres)


@pytest.mark.parametrize(
    ("name", "row"),
    [
        pytest.param(name, row, id=f"{name}: {row.line}")
        for name, rows in OF_SERVERS.items()
        for row in rows
    ],
)
def test_it_is_answered_so(servers: Servers, name: str, row: HttpRow) -> None:
    """The status, the kind, the sentence; the body repeats them, and tells no secret."""
    server = servers.of(name)
    asked = server.ask(row.line)
    said = asked.said
    assert (asked.status, said) == (row.status, said if row.matches(said) else row.said)
    assert asked.is_whole(row.kind), asked
    assert [word for word in _FOREIGN if word in asked.body] == []
    assert [name for name, value in server.secrets.items() if value in asked.body] == []


def test_every_kind_of_problem_is_listed() -> None:
    """But for those that other tests cause."""
    kinds = {row.kind for row in HTTP_ROWS}
    assert {kind.name for kind in problem.ALL} - kinds == _ELSEWHERE


def test_no_request_is_listed_twice() -> None:
    """One row a request and server."""
    for rows in OF_SERVERS.values():
        lines = [row.line for row in rows]
        assert sorted({line for line in lines if lines.count(line) > 1}) == []
