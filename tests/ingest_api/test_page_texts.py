"""Texts behind the signals: revisions, those that could not be read, and the parser on trial."""

from typing import Any

import aiohttp
import pytest

from contracts.message import MAX_TEXT_BYTES
from tests.ingest_api.messages import CHATTER, OTHER_SIGNAL, SIGNAL, body
from tests.ingest_api.test_ingest import HEADERS

_MALFORMED = "Ativo: PETR4\nCompra: 36,10\nAlvo 1: trinta e oito\nStop: 35,00"


async def _post(client: aiohttp.ClientSession, *messages: dict[str, Any]) -> None:
    async with client.post(
        "/ingest/batch", json={"messages": [*messages]}, headers=HEADERS
    ) as answer:
        assert answer.status == 200


async def _get(client: aiohttp.ClientSession, path: str, **query: str) -> dict[str, Any]:
    async with client.get(path, params=query) as answer:
        assert answer.status == 200, await answer.text()
        found: dict[str, Any] = await answer.json()
        return found


async def test_every_text_is_told_in_order_with_what_is_understood(
    client: aiohttp.ClientSession,
) -> None:
    """Also when the versions came the wrong way round; the last one is the current one."""
    late = body(1, OTHER_SIGNAL, editedAt="2025-10-25T13:20:00Z")
    early = body(1, CHATTER, editedAt="2025-10-25T13:10:00Z")
    await _post(client, late)
    await _post(client, body(1, SIGNAL))
    await _post(client, early)
    found = await _get(client, "/messages/-1001234567890/1/revisions")
    texts = [(each["number"], each["text"], each["current"]) for each in found["data"]]
    assert texts == [(1, SIGNAL, False), (2, CHATTER, False), (3, OTHER_SIGNAL, True)]
    assert [each["since"] for each in found["data"]] == [
        "2025-10-25T13:00:00.000Z",
        "2025-10-25T13:10:00.000Z",
        "2025-10-25T13:20:00.000Z",
    ]
    kinds = [each["understood"]["kind"] for each in found["data"]]
    assert kinds == ["signal", "not_a_signal", "signal"]
    assert found["data"][0]["understood"]["signal"]["stop"] == "0.52"
    assert found["deleted_at"] is None


async def test_a_deleted_message_keeps_its_texts(client: aiohttp.ClientSession) -> None:
    """Nothing is taken out: when it went is told beside them."""
    await _post(client, body(2), body(2, "", deletedAt="2025-10-25T15:00:00Z"))
    found = await _get(client, "/messages/-1001234567890/2/revisions")
    assert [each["text"] for each in found["data"]] == [SIGNAL]
    assert found["deleted_at"] == "2025-10-25T15:00:00.000Z"


@pytest.mark.parametrize(
    "path", ["-1001234567890/99", "-1/1", "x/1", "1/x", "1/1e3", f"1/{10**30}", "-/1", "²/1"]
)
async def test_an_unknown_message_is_404(client: aiohttp.ClientSession, path: str) -> None:
    """Also one that no message can be called."""
    async with client.get(f"/messages/{path}/revisions") as answer:
        assert (answer.status, answer.content_type) == (404, "application/problem+json")


async def test_unread_texts_come_newest_first_page_by_page(client: aiohttp.ClientSession) -> None:
    """Two of one second are told apart by the cursor; a mended one is gone."""
    times = [*("2025-10-25T13:00:00Z",) * 2, "2025-10-25T14:00:00Z", "2025-10-26T14:00:00Z"]
    for number, time in enumerate(times, 10):
        await _post(client, body(number, f"{_MALFORMED}\n{number}", timestamp=time))
    mended = body(13, SIGNAL, timestamp=times[3], editedAt="2025-10-26T14:05:00Z")
    await _post(client, mended, body(14, CHATTER))
    seen, cursor = [], ""
    while True:
        page = await _get(client, "/malformed", limit="1", **({"cursor": cursor} if cursor else {}))
        seen += page["data"]
        if not (cursor := page["cursor"] or ""):
            break
    assert [each["message_id"] for each in seen] == [12, 11, 10]
    assert seen[0]["text"].startswith(_MALFORMED)
    assert "trinta" in seen[0]["reason"]
    assert seen[0]["sent_at"] == "2025-10-25T14:00:00.000Z"


@pytest.mark.parametrize("query", [{"limit": "0"}, {"limit": "201"}, {"cursor": "x"}])
async def test_a_bad_place_is_refused(client: aiohttp.ClientSession, query: dict[str, str]) -> None:
    """By its name."""
    async with client.get("/malformed", params=query) as answer:
        assert answer.status == 400
        assert (await answer.json(content_type=None))["errors"][0]["path"] in query


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (SIGNAL, "signal"),
        (CHATTER, "not_a_signal"),
        (_MALFORMED, "malformed"),
        ("", "not_a_signal"),
    ],
)
async def test_the_parser_says_what_it_makes_of_a_text(
    client: aiohttp.ClientSession, text: str, kind: str
) -> None:
    """A signal with its figures, else the reason; nothing is stored."""
    async with client.post("/parse", json={"text": text}) as answer:
        assert answer.status == 200
        found = await answer.json()
    assert found["kind"] == kind
    assert (found["signal"] is None) == (kind != "signal") == bool(found["reason"])


@pytest.mark.parametrize(
    ("content", "status"),
    [
        ({"json": {}}, 400),
        ({"json": {"text": 1}}, 400),
        ({"json": ["text"]}, 400),
        ({"data": b"{"}, 400),
        ({"data": b'{"text": "\xff"}'}, 400),
        ({"json": {"text": "x" * (MAX_TEXT_BYTES + 1)}}, 400),
        ({"data": b'{"text": "%b"}' % ("é" * MAX_TEXT_BYTES).encode()}, 400),
        ({"json": {"text": "x" * 100_000}}, 413),
    ],
)
async def test_what_is_no_text_is_refused(
    client: aiohttp.ClientSession, content: dict[str, Any], status: int
) -> None:
    """With a problem, and not parsed."""
    async with client.post("/parse", **content) as answer:
        assert (answer.status, answer.content_type) == (status, "application/problem+json")
