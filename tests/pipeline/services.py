"""API and gateway as processes of their own on one database, fed from an export."""

import json
import sqlite3
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import psycopg

from contracts.message import Key
from tests.api_process import ApiProcess
from tests.gateway_process import GatewayProcess
from tests.messages import TOKEN
from tests.waiting import until

CHAT = 1_649_127_710
CHANNEL = -1_000_000_000_000 - CHAT
FIRST_SECOND = 1_763_000_000


class Services(NamedTuple):
    """The two processes, and where the messages end."""

    api: ApiProcess
    gateway: GatewayProcess
    dsn: str

    def wait_until_replayed(self) -> None:
        """Every message of the export is in the outbox."""
        until(lambda: self.gateway.logged("source.finished"), 60)

    def wait_until_delivered(self, rows: int) -> None:
        """The outbox holds so many rows, and the API answered for each."""
        until(lambda: self.states() == {"delivered": rows}, 90)

    def states(self) -> dict[str, int]:
        """Rows of the outbox by state."""
        with closing(sqlite3.connect(f"{self.gateway.outbox.as_uri()}?mode=ro", uri=True)) as file:
            return dict(file.execute("SELECT state, count(*) FROM outbox GROUP BY state"))

    def health(self) -> dict[str, Any]:
        """The gateway's own view."""
        with urllib.request.urlopen(f"{self.gateway.url}/health", timeout=5) as answer:  # noqa: S310  # our own loopback URL
            found: dict[str, Any] = json.loads(answer.read())
            return found

    def stored(self) -> dict[Key, str]:
        """Texts by message; fails when one has been stored twice or changed."""
        return texts_in(self.dsn)


def texts_in(dsn: str) -> dict[Key, str]:
    """Texts by message in a database; fails when one has been stored twice or changed."""
    with psycopg.connect(dsn) as connection:
        rows = connection.execute(
            "select channel_id, message_id, text, revision from tp_capital.messages"
        ).fetchall()
        revisions = connection.execute(
            "select count(*) from tp_capital.message_revisions"
        ).fetchone()
    found = {Key(*row[:2]): row[2] for row in rows}
    assert len(found) == len(rows)
    assert {row[3] for row in rows} <= {1}
    assert revisions == (len(rows),)
    return found


def write_export(path: Path, count: int, *, first: int = 1) -> dict[Key, str]:
    """An export of one channel with so many messages; returns their texts."""
    texts = {
        Key(CHANNEL, number): f"Ativo: PETR4\nCompra: {number},50\nAlvo 1: {number + 9},00"
        if number % 5 == 0
        else f"mensagem {number}: atenção 🚀"
        for number in range(first, first + count)
    }
    messages = [
        {
            "id": key.message_id,
            "type": "message",
            "date_unixtime": str(FIRST_SECOND + key.message_id),
            "text": text,
        }
        for key, text in texts.items()
    ]
    chat = {"name": "Mesa", "type": "public_channel", "id": CHAT, "messages": messages}
    path.write_text(json.dumps(chat, ensure_ascii=False), encoding="utf-8")
    return texts


@contextmanager
def running_services(
    dsn: str, folder: Path, api_variables: Mapping[str, str] | None = None, **variables: str
) -> Iterator[Services]:
    """The API runs; the gateway is ready to be started and is gone after the block."""
    environ = {"GATEWAY_SECRET_TOKEN": TOKEN} | dict(api_variables or {})
    with ApiProcess(dsn, folder / "api.log", **environ) as api:
        api.wait_until_ready()
        endpoint = f"{api.url}/ingest"
        gateway = GatewayProcess(
            folder / "outbox.sqlite3", endpoint, folder / "gateway.log", **variables
        )
        try:
            yield Services(api, gateway, dsn)
        finally:
            gateway.leave()
