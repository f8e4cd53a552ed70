"""What `tpcapital outbox` shows: documents for programs, and the same as parts for people."""

import hashlib
import http.client
import json
import time
from pathlib import Path
from typing import Any

from contracts.plain_words import cause
from gateway_outbox import outbox_lock
from gateway_outbox.outbox_lock import Holder
from ops.outbox_reader import STATES, OutboxReader
from ops.rendering import Age, Facts, Moment, Sheet, Size

_HEALTH_SECONDS = 5.0
_BRIEF = 60
_COLUMNS = ("seq", "state", "channel", "message", "kind", "age", "outcome", "text")
_PLAIN = ("seq", "state", "channel_id", "message_id", "revision", "source", "outcome", "reason")


def status(reader: OutboxReader, path: Path) -> dict[str, Any]:
    """The document of `status`."""
    states = reader.states()
    oldest = reader.oldest_pending()
    gateway = _gateway(outbox_lock.holder_of(path))
    delivering = gateway is not None and gateway["relay"] == "delivering"
    return {
        "path": str(path),
        "states": states,
        # rows wait because of a trouble, or because there is nobody to deliver them
        "delayed": 0 if delivering else states["pending"],
        "oldest_pending": oldest and {**oldest, "age_seconds": round(_age(oldest), 3)},
        "size_bytes": reader.size_bytes(),
        "wal_bytes": reader.wal_bytes(),
        "disk_free_bytes": reader.disk_free_bytes(),
        "gateway": gateway,
    }


def status_parts(document: dict[str, Any]) -> tuple[Sheet | Facts, ...]:
    """The document of `status` for people."""
    oldest = document["oldest_pending"]
    facts = {
        **{state: document["states"][state] for state in STATES},
        "delayed": document["delayed"],
        "oldest pending": f"row {oldest['seq']}" if oldest else None,
        "oldest pending age": Age(oldest["age_seconds"]) if oldest else None,
        "size": Size(document["size_bytes"]),
        "write-ahead log": Size(document["wal_bytes"]),
        "disk free": Size(document["disk_free_bytes"]),
        **_gateway_facts(document["gateway"]),
    }
    return (Facts(document["path"], facts),)


def brief(row: dict[str, Any]) -> dict[str, Any]:
    """A row in a list: no payload, the text's beginning."""
    text = str(_decoded(row["payload"]).get("text", ""))
    return {
        **{name: row[name] for name in _PLAIN},
        "appended_ms": row["appended_ms"],
        "settled_ms": row["settled_ms"],
        "text": " ".join(text.split())[:_BRIEF],
    }


def rows_sheet(rows: list[dict[str, Any]]) -> Sheet:
    """Rows of a list for people."""
    lines = [
        (
            row["seq"],
            row["state"],
            row["channel_id"],
            row["message_id"],
            "edit" if row["revision"] else "original",
            Age(_age(row)),
            row["reason"] or row["outcome"],
            row["text"],
        )
        for row in rows
    ]
    return Sheet("", _COLUMNS, lines, "no such rows")


def whole(row: dict[str, Any]) -> dict[str, Any]:
    """Everything of a row; digests as hex, the payload decoded."""
    return {
        **{name: row[name] for name in _PLAIN},
        "appended_ms": row["appended_ms"],
        "settled_ms": row["settled_ms"],
        "text_sha256": row["text_sha256"].hex(),
        "payload_sha256": row["payload_sha256"].hex(),
        "payload_intact": hashlib.sha256(row["payload"]).digest() == row["payload_sha256"],
        "payload_bytes": len(row["payload"]),
        "payload": _decoded(row["payload"]),
    }


def whole_parts(document: dict[str, Any]) -> tuple[Sheet | Facts, ...]:
    """Everything of a row for people: its columns, its text, the rest of its payload."""
    edited = document["revision"]
    facts = {
        **{name: document[name] for name in _PLAIN},
        "revision": Moment(edited) if edited else "original",
        "appended": Moment(document["appended_ms"]),
        "settled": None if document["settled_ms"] is None else Moment(document["settled_ms"]),
        "payload size": Size(document["payload_bytes"]),
        "payload intact": document["payload_intact"],
        "text SHA-256": document["text_sha256"],
    }
    payload = dict(document["payload"])
    text = payload.pop("text", "")
    inner = {
        name: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        for name, value in payload.items()
    }
    return Facts(f"row {document['seq']}", facts), Facts("payload", {**inner, "text": text})


def _age(row: dict[str, Any]) -> float:
    return max(0.0, time.time() - float(row["appended_ms"]) / 1000)


def _decoded(payload: bytes) -> dict[str, Any]:
    try:
        found = json.loads(payload)
    except ValueError:
        found = None
    return found if isinstance(found, dict) else {"unreadable": payload.decode(errors="replace")}


def _gateway(holder: Holder | None) -> dict[str, Any] | None:
    """Who holds the outbox and how its relay is; None when nobody does."""
    if holder is None:
        return None
    known: dict[str, Any] = {"pid": holder.pid, "port": holder.port}
    if not holder.port:
        trouble = "it serves no HTTP: just starting, or a tpcapital command at work"
        return {**known, "status": None, "relay": None, "trouble": trouble}
    try:
        health = _health(holder.port)
        relay = health["checks"]["relay"]
        return {
            **known,
            "status": health["status"],
            "relay": relay["observed"]["state"],
            "trouble": health["error"],
        }
    except (OSError, http.client.HTTPException, ValueError, KeyError) as error:
        trouble = f"no answer from http://127.0.0.1:{holder.port}/health: {cause(error)}"
        return {**known, "status": None, "relay": None, "trouble": trouble}


def _health(port: int) -> Any:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_HEALTH_SECONDS)
    try:
        connection.request("GET", "/health")
        return json.loads(connection.getresponse().read())
    finally:
        connection.close()


def _gateway_facts(gateway: dict[str, Any] | None) -> dict[str, Any]:
    if gateway is None:
        return {"gateway": "no gateway running"}
    return {
        "gateway": f"pid {gateway['pid']}, port {gateway['port']}",
        "gateway status": gateway["status"],
        "relay": gateway["relay"],
        "trouble": gateway["trouble"],
    }
