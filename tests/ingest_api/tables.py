"""What the tables hold, and what they should hold: the reference model of the store."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import dict_row

from contracts.telemetry import Telemetry
from ingest_api.ingest.delivery import PARSER_VERSION, Delivery
from ingest_api.parser.signal import Malformed
from ingest_api.parser.signal_parser import parse

Table = list[dict[str, Any]]

_MESSAGES = """
select channel_id, message_id, sent_at, version_at, version_seq, text_sha256, payload_sha256, text,
       edited_at, photos, media_type, album_id, origin_name, source, gateway_received_at,
       traceparent, kind, reason, parser_version, revision, deleted_at
  from tp_capital.messages where revision > 0 order by channel_id, message_id
"""
_PLACEHOLDERS = """
select channel_id, message_id, deleted_at
  from tp_capital.messages where revision = 0 order by channel_id, message_id
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
    """The three tables without ids and clock columns; deletions without a message by themselves."""
    queries = {
        "messages": _MESSAGES,
        "placeholders": _PLACEHOLDERS,
        "revisions": _REVISIONS,
        "signals": _SIGNALS,
    }
    with psycopg.connect(dsn, row_factory=dict_row, options="-c timezone=UTC") as connection:
        return {name: connection.execute(query).fetchall() for name, query in queries.items()}


def exposed(telemetry: Telemetry) -> str:
    """The metrics as Prometheus would read them."""
    return telemetry.exposition().decode()


def expected(deliveries: Iterable[Delivery]) -> dict[str, Table]:
    """The same tables, computed from the set of deliveries, whatever their order."""
    histories: dict[tuple[int, int], list[Delivery]] = {}
    deletions: dict[tuple[int, int], datetime] = {}
    for delivery in sorted(deliveries, key=lambda each: each.version):
        if at := delivery.message.deleted_at:
            deletions[delivery.key] = min(at, deletions.get(delivery.key, at))
        else:
            histories.setdefault(delivery.key, []).append(delivery)
    tables: dict[str, Table] = {"messages": [], "revisions": [], "signals": []}
    for key in sorted(histories):
        history, deleted_at = histories[key], deletions.get(key)
        texts = _texts(history)
        tables["messages"].append(_message(history[-1], len(texts), deleted_at))
        tables["revisions"] += [_revision(texts[digest]) for digest in sorted(texts)]
        if signals := [delivery for delivery in history if delivery.signal]:
            status = "active" if history[-1].signal and not deleted_at else "withdrawn"
            tables["signals"].append(_signal(signals[-1], status, len(texts)))
    tables["placeholders"] = [
        {"channel_id": key[0], "message_id": key[1], "deleted_at": deletions[key]}
        for key in sorted(set(deletions) - set(histories))
    ]
    return tables


def _texts(history: list[Delivery]) -> dict[bytes, Delivery]:
    """Each text's oldest delivery; of equally old ones the one whose text sorts first."""
    first: dict[bytes, Delivery] = {}
    for delivery in sorted(history, key=lambda d: (*d.version[:2], d.message.text.encode())):
        first.setdefault(delivery.version.text_sha256, delivery)
    return first


def _message(newest: Delivery, revision: int, deleted_at: datetime | None) -> dict[str, Any]:
    at, sequence, text, payload = newest.version
    parsed = parse(newest.message.text)
    return {
        **newest.key._asdict(),
        "sent_at": newest.message.sent_at,
        "version_at": at,
        "version_seq": sequence,
        "text_sha256": text,
        "payload_sha256": payload,
        "text": newest.message.text,
        "edited_at": newest.message.edited_at,
        "photos": newest.message.photos,
        "media_type": newest.message.media_type,
        "album_id": newest.message.album_id,
        "origin_name": newest.message.origin.name if newest.message.origin else None,
        "source": newest.message.source,
        "gateway_received_at": newest.message.received_at,
        "traceparent": newest.message.traceparent,
        "kind": newest.kind,
        "reason": parsed.reason if isinstance(parsed, Malformed) else None,
        "parser_version": PARSER_VERSION,
        "revision": revision,
        "deleted_at": deleted_at,
    }


def _revision(first: Delivery) -> dict[str, Any]:
    return {
        **first.key._asdict(),
        "text_sha256": first.version.text_sha256,
        "text": first.message.text,
        "first_version_at": first.version.at,
        "first_version_seq": first.version.sequence,
    }


def _signal(newest: Delivery, status: str, revision: int) -> dict[str, Any]:
    assert newest.signal
    return {
        **newest.key._asdict(),
        "sent_at": newest.message.sent_at,
        "raw_message": newest.message.text,
        "asset": newest.signal.asset,
        "status": status,
        "revision": revision,
        "edited_at": newest.message.edited_at,
        "version_at": newest.version.at,
        "version_seq": newest.version.sequence,
    }
