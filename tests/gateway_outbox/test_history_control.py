"""What the command line and the API ask about history, with and without a connection."""

from datetime import UTC, datetime
from typing import Any

import anyio
import pytest

from gateway_outbox.control import history_control, sync_control
from gateway_outbox.outbox.outbox import Outbox
from gateway_outbox.user import backfill_queue
from gateway_outbox.user.history_desk import Compared, HistoryDesk, HistoryError
from tests.gateway_outbox.conftest import Site
from tests.messages import CHANNEL, TOKEN, messages

BODY = {"channel_id": CHANNEL}


class ScriptedReader:
    """A channel of ten messages, of which the fifth was sent at noon."""

    def __init__(self, error: Exception | None = None, seconds: float = 0) -> None:
        self._error = error
        self._seconds = seconds

    async def top(self, channel_id: int) -> int:
        """The tenth."""
        await anyio.sleep(self._seconds)
        if self._error:
            raise self._error
        assert channel_id == CHANNEL
        return 10

    async def first_since(self, _channel_id: int, since: datetime) -> int:
        """Noon or later."""
        return 5 if since >= datetime(2026, 11, 16, 12, tzinfo=UTC) else 1

    async def compare(self, _channel_id: int, from_id: int | None, *, fill: bool) -> Compared:
        """Two are missing."""
        return Compared(10, [3, 4], 2 if fill else 0, from_id)


async def sync(site: Site, token: str = TOKEN) -> tuple[int, Any]:
    """`POST /sync` with an empty body."""
    headers = {"X-Gateway-Token": token}
    async with site.session.post(f"{site.url}/sync", headers=headers) as answer:
        return answer.status, await answer.json(content_type=None)


@pytest.mark.parametrize("path", ["/backfill/start", "/channels/check"])
async def test_without_a_connection_it_is_said(site: Site, path: str) -> None:
    """503, and where to look."""
    code, problem = await site.post(path, BODY)
    assert (code, problem["type"]) == (503, "urn:tpcapital:problem:not-connected")
    assert "GET /health tells why" in problem["detail"]


@pytest.mark.parametrize("path", ["/backfill/start", "/backfill/status", "/channels/check"])
async def test_the_token_guards_all_of_it(site: Site, path: str) -> None:
    """401, and a wrong body is 400."""
    assert (await site.post(path, BODY, "x"))[0] == 401
    assert (await site.post(path, {"channel_id": 5}))[0] == 400


async def test_a_backfill_begins_once(site: Site, outbox: Outbox, desk: HistoryDesk) -> None:
    """Its plan is told; asked for again while it runs, nothing changes."""
    desk.reader = ScriptedReader()
    await outbox.append(messages(4), "user")
    plan = {"first_id": 1, "last_id": 10, "most_messages": 10, "stored": 4, "seconds": 1.0}
    dry = await site.post("/backfill/start", BODY | {"dry_run": True})
    assert dry == (200, {"started": False} | plan)
    nothing: dict[str, Any] = {"connected": True, "backfill": None}
    assert await site.post("/backfill/status", BODY) == (200, nothing)
    assert await site.post("/backfill/start", BODY) == (200, {"started": True} | plan)
    assert (await site.post("/backfill/start", BODY))[1]["started"] is False
    with anyio.fail_after(1):
        await desk.wait()
    found = await backfill_queue.of_channel(outbox, CHANNEL)
    assert found is not None
    assert found.state == "running"
    await backfill_queue.fail(outbox, found, "gone")
    again = BODY | {"since": "2026-11-16T12:00:00Z"}
    assert (await site.post("/backfill/start", again))[1]["first_id"] == 5
    status = (await site.post("/backfill/status", BODY))[1]["backfill"]
    assert (status["state"], status["next_id"], status["reason"]) == ("running", 5, None)


async def test_trouble_with_telegram_is_a_sentence(
    site: Site, desk: HistoryDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the reader says, or that there was no answer."""
    desk.reader = ScriptedReader(HistoryError("channel -1 is not followed"))
    code, problem = await site.post("/backfill/start", BODY)
    assert (code, problem["detail"]) == (503, "channel -1 is not followed")
    monkeypatch.setattr(history_control, "ANSWER_SECONDS", 0.05)
    desk.reader = ScriptedReader(seconds=60)
    code, problem = await site.post("/backfill/start", BODY)
    assert code == 503
    assert problem["detail"] == "Telegram did not answer within 0 s; GET /health tells why"


async def test_an_error_of_its_own_is_in_the_log(
    site: Site, desk: HistoryDesk, caplog: pytest.LogCaptureFixture
) -> None:
    """500 for who asked, without a word of what it was; the log has that."""
    desk.reader = ScriptedReader(ZeroDivisionError("a private matter"))
    code, problem = await site.post("/backfill/start", BODY)
    assert (code, problem["type"]) == (500, "urn:tpcapital:problem:internal")
    assert problem["detail"] == (
        "the gateway met an error of its own in POST /backfill/start; its log has it"
    )
    (record,) = [each for each in caplog.records if each.levelname == "ERROR"]
    assert record.__dict__["action"] == "request.failed"
    assert "a private matter" in caplog.text


async def test_a_stretch_is_compared(site: Site, desk: HistoryDesk) -> None:
    """What is missing, and where to go on."""
    desk.reader = ScriptedReader()
    found = {"checked": 10, "missing": [3, 4], "filled": 0, "next_id": 7}
    assert await site.post("/channels/check", BODY | {"from_id": 7}) == (200, found)
    code, filled = await site.post("/channels/check", BODY | {"fill": True})
    assert (code, filled["filled"], filled["next_id"]) == (200, 2, None)


async def test_sync_without_a_session_or_a_connection(site: Site, desk: HistoryDesk) -> None:
    """It says so at once, and is no error of the caller's."""
    code, body = await sync(site)
    assert (code, body["success"]) == (200, False)
    assert body["message"] == "Sessão do Telegram não configurada."
    desk.compare_all = anyio.sleep_forever
    code, body = await sync(site)
    assert (code, body["data"]["channelsSynced"]) == (200, [])
    assert body["message"].startswith("Telegram não conectado")
    assert (await sync(site, "x"))[0] == 401


async def test_sync_never_hangs(
    site: Site, outbox: Outbox, desk: HistoryDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The comparison may take its time; the answer has what is known by then."""
    monkeypatch.setattr(sync_control, "WAIT_SECONDS", 0.1)

    async def slow() -> None:
        await outbox.append(messages(3), "user")
        await anyio.sleep_forever()

    desk.reader, desk.compare_all = ScriptedReader(), slow
    code, body = await sync(site)
    assert (code, body["success"], body["data"]["totalMessagesSaved"]) == (200, True, 3)
    assert body["message"] == "Sincronização em andamento: 3 mensagens novas até agora."
