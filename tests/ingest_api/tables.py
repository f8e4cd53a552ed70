"""What the tables hold, and what they should hold: the reference model of the store."""

from collections.abc import Iterable
from typing import Any

import psycopg
from psycopg.rows import dict_row

from contracts.telemetry import Telemetry
from ingest_api.delivery import Delivery

Table = list[dict[str, Any]]

_MESSAGES = """
select channel_id, message_id, sent_at, version_at, version_seq, text_sha256, payload_sha256, text,
       edited_at, source, kind, revision
  from tp_capital.messages order by channel_id, message_id
"""
_REVISIONS = """
select channel_id, message_id, text_sha256, text, first_version_at, first_version_seq
  from tp_capital.message_revisions order by channel_id, message_id, text_sha256
"""
_SIGNALS = """
select channel_id, message_id, sent_at, raw_message, asset, status, revision, edited_at,
       version_at, version_seq
  from tp_capital.tp_capital_signals order by channel_id, message_id
"""


def stored(dsn: str) -> dict[str, Table]:
    """The three tables without ids and clock columns."""
    queries = {"messages": _MESSAGES, "revisions": _REVISIONS, "signals": _SIGNALS}
    with psycopg.connect(dsn, row_factory=dict_row, options="-c timezone=UTC") as connection:
        return {name: connection.execute(query).fetchall() for name, query in queries.items()}


def exposed(telemetry: Telemetry) -> str:
    """The metrics as Prometheus would read them."""
    return telemetry.exposition().decode()


def expected(deliveries: Iterable[Delivery]) -> dict[str, Table]:
    """The same tables, computed from the set of deliveries, whatever their order."""
    histories: dict[tuple[int, int], list[Delivery]] = {}
    for delivery in sorted(deliveries, key=lambda each: each.version):
        histories.setdefault(delivery.key, []).append(delivery)
    tables: dict[str, Table] = {"messages": [], "revisions": [], "signals": []}
    for key in sorted(histories):
        history = histories[key]
        texts = _texts(history)
        tables["messages"].append(_message(history[-1], len(texts)))
        tables["revisions"] += [_revision(texts[digest]) for digest in sorted(texts)]
        if signals := [delivery for delivery in history if delivery.signal]:
            tables["signals"].append(_signal(signals[-1], history[-1], len(texts)))
    return tables


def _texts(history: list[Delivery]) -> dict[bytes, Delivery]:
    """Each text's oldest delivery; of equally old ones the one whose text sorts first."""
    first: dict[bytes, Delivery] = {}
    for delivery in sorted(history, key=lambda d: (*d.version[:2], d.message.text.encode())):
        first.setdefault(delivery.version.text_sha256, delivery)
    return first


def _message(newest: Delivery, revision: int) -> dict[str, Any]:
    at, sequence, text, payload = newest.version
    return {
        **newest.key._asdict(),
        "sent_at": newest.message.sent_at,
        "version_at": at,
        "version_seq": sequence,
        "text_sha256": text,
        "payload_sha256": payload,
        "text": newest.message.text,
        "edited_at": newest.message.edited_at,
        "source": newest.message.source,
        "kind": newest.kind,
        "revision": revision,
    }


def _revision(first: Delivery) -> dict[str, Any]:
    return {
        **first.key._asdict(),
        "text_sha256": first.version.text_sha256,
        "text": first.message.text,
        "first_version_at": first.version.at,
        "first_version_seq": first.version.sequence,
    }


def _signal(newest: Delivery, last: Delivery, revision: int) -> dict[str, Any]:
    assert newest.signal
    return {
        **newest.key._asdict(),
        "sent_at": newest.message.sent_at,
        "raw_message": newest.message.text,
        "asset": newest.signal.asset,
        "status": "active" if last.signal else "withdrawn",
        "revision": revision,
        "edited_at": newest.message.edited_at,
        "version_at": newest.version.at,
        "version_seq": newest.version.sequence,
    }
