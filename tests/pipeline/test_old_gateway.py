"""What the gateway before this one posts is taken as it is."""

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.api_process import ApiProcess
from tests.postgres import TOKEN

PAYLOAD: dict[str, Any] = {
    "channelId": "-1001649127710",
    "messageId": 5821,
    "text": "Ativo: PETR4\nCompra: 30,50\nAlvo 1: 31,20\nStop: 29,80",
    "caption": None,
    "timestamp": "2025-11-10T13:05:22.000Z",
    "photos": ["AgACAgEAAxkBAAIBY2VN"],
    "mediaRefs": [{"type": "photo", "fileId": "AgACAgEAAxkBAAIBY2VN"}],
    "mediaType": "photo",
    "receivedAt": "2025-11-10T13:05:23.417Z",
    "telegramDate": "2025-11-10T13:05:22.000Z",
    "threadId": None,
    "source": "user_client",
    "messageType": "channel_post",
    "chatId": "-1001649127710",
    "metadata": {"telegramDetails": {"views": 12}, "linkPreview": None},
}


@pytest.fixture
def api(database: str, tmp_path: Path) -> Iterator[ApiProcess]:
    """A running API on a fresh database."""
    with ApiProcess(database, tmp_path / "api.log") as process:
        process.wait_until_ready()
        yield process


def post(api: ApiProcess, payload: dict[str, Any]) -> dict[str, Any]:
    """The answer, which must be a 200."""
    request = urllib.request.Request(  # noqa: S310  # our own loopback URL
        f"{api.url}/ingest",
        data=json.dumps(payload).encode(),
        headers={"Content-Type": "application/json", "X-Gateway-Token": TOKEN},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310  # the same
        assert answer.status == 200
        body: dict[str, Any] = json.loads(answer.read())
        return body


def test_the_old_gateways_payload_is_stored(api: ApiProcess, database: str) -> None:
    """With the answer it looks for, and the message in the tables."""
    answer = post(api, PAYLOAD)
    assert (answer["success"], answer["messageId"], answer["stored"]) == (True, 5821, True)
    assert "reason" not in answer
    with psycopg.connect(database) as connection:
        rows = connection.execute(
            "select channel_id, message_id, text, photos from tp_capital.messages"
        ).fetchall()
        assets = connection.execute("select asset from tp_capital.tp_capital_signals").fetchall()
    assert rows == [(-1001649127710, 5821, PAYLOAD["text"], PAYLOAD["photos"])]
    assert assets == [("PETR4",)]


def test_the_old_gateways_retry_is_a_duplicate(api: ApiProcess) -> None:
    """The same post again changes nothing and says so."""
    post(api, PAYLOAD)
    answer = post(api, PAYLOAD)
    assert (answer["success"], answer["messageId"], answer["stored"]) == (True, 5821, False)
    assert (answer["reason"], answer["skipped"]) == ("duplicate", True)


def test_a_message_of_the_first_five_fields_is_enough(api: ApiProcess) -> None:
    """The proposal's body; a photo without caption has an empty text."""
    five = ("channelId", "messageId", "text", "timestamp", "photos")
    answer = post(api, {name: PAYLOAD[name] for name in five} | {"text": ""})
    assert (answer["stored"], answer["kind"]) == (True, "not_a_signal")
