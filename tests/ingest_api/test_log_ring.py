"""GET /logs: the process's own lines, and never a secret."""

import logging
from collections.abc import Callable

import aiohttp
import orjson
from starlette.requests import Request

from contracts.secret import Secret
from ingest_api.log_ring import LogRing
from tests.api_process import ApiProcess


async def _lines(ring: LogRing, query: str = "") -> list[dict[str, object]]:
    scope = {"type": "http", "query_string": query.encode(), "headers": []}
    answer = await ring.show(Request(scope))
    found: list[dict[str, object]] = orjson.loads(bytes(answer.body))["data"]
    return found


async def test_the_newest_lines_are_kept() -> None:
    """A ring, newest first, cut by limit and level."""
    ring, log = LogRing(3, []), logging.Logger("test")  # noqa: LOG001  # of this test alone
    log.addHandler(ring)
    log.info("zero")
    log.info("one", extra={"action": "a.b", "number": 1})
    log.warning("two")
    log.critical("three")
    assert [line["message"] for line in await _lines(ring)] == ["three", "two", "one"]
    assert [line["level"] for line in await _lines(ring)] == ["fatal", "warn", "info"]
    assert [line["message"] for line in await _lines(ring, "limit=1")] == ["three"]
    assert [line["message"] for line in await _lines(ring, "level=WARN")] == ["two"]
    assert await _lines(ring, "level=silly") == []
    (one,) = await _lines(ring, "level=info")
    assert list(one) == ["timestamp", "level", "message", "context"]
    assert one["context"] == {"action": "a.b", "number": 1}
    assert (await _lines(ring, "limit=1"))[0]["context"] is None


async def test_no_line_holds_a_secret_or_a_traceback() -> None:
    """Whoever logs one: in the message, among its arguments, or in its fields."""
    ring, log = LogRing(9, [Secret("hunter2hunter2")]), logging.Logger("test")  # noqa: LOG001  # of this test alone
    log.addHandler(ring)
    log.error("password is %s", "hunter2hunter2", extra={"dsn": {"p": "hunter2hunter2"}})
    try:
        raise ValueError("hunter2hunter2")  # noqa: TRY301  # what a log line carries
    except ValueError:
        log.exception("failed", extra={"odd": {2**70: object()}})
    shown = str(await _lines(ring))
    assert "hunter2" not in shown
    assert "Traceback" not in shown
    assert "ValueError" in shown


async def test_the_process_shows_its_log(start_api: Callable[..., ApiProcess]) -> None:
    """What stands on standard error is served too; a wrong parameter is a 400."""
    api = start_api(LOG_HISTORY_SIZE="2")
    async with aiohttp.ClientSession(api.url) as session:
        async with session.get("/logs") as answer:
            lines = (await answer.json())["data"]
        async with session.get("/logs?limit=x") as answer:
            assert answer.status == 400
    assert len(lines) == 2
    assert "the database is ready" in {line["message"] for line in lines}
    assert lines[0]["timestamp"].endswith("Z")
