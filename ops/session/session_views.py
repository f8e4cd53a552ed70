"""What `tpcapital session status` shows."""

import json
import stat
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

from gateway_outbox.errors import SessionUnusableError
from gateway_outbox.outbox import outbox_lock
from gateway_outbox.session.session_backup import inspect
from gateway_outbox.session.session_file import check_modes, session_holder
from ops.rendering import Facts, Moment, Size

_HOST = "127.0.0.1"
_ANSWER_SECONDS = 5.0
_USER = "user"  # the user session's name among the gateway's sources


def status(path: Path, outbox: Path) -> dict[str, Any]:
    """The file and its state: ok, none or unusable; `gateway` is its own word on the session."""
    holder = session_holder(path)
    there = path.exists()
    document: dict[str, Any] = {
        "path": str(path),
        "state": "ok" if there else "none",
        "problem": None if there else "there is no session. Type: tpcapital login",
        "folder_mode": _mode(path.parent),
        "file_mode": _mode(path),
        "size_bytes": Size(path.stat().st_size) if there else None,
        "changed_at": Moment(path.stat().st_mtime * 1000) if there else None,
        "dc": None,
        "known_peers": None,
        "holder_pid": holder.pid if holder else None,
        "last_good_copy": _last_good(path),
        "gateway": gateway_word(outbox),
    }
    if there:
        document |= _inspected(path)
    return document


def _inspected(path: Path) -> dict[str, Any]:
    """What the file says of itself; of one that is unusable, why."""
    try:
        check_modes(path)
        facts = inspect(path)
    except SessionUnusableError as error:
        return {"state": "unusable", "problem": str(error)}
    return {"dc": facts.dc, "known_peers": facts.entities}


def status_parts(document: dict[str, Any]) -> list[Facts]:
    """The same for people."""
    gateway = document["gateway"]
    parts = [Facts("session", {k: v for k, v in document.items() if k != "gateway"})]
    if gateway is not None:
        known = ("state", "reason", "advice", "last_message_at")
        parts.append(Facts("gateway", {name: gateway.get(name) for name in known}))
    return parts


def gateway_word(outbox: Path) -> dict[str, Any] | None:
    """What the gateway that holds this outbox says of its user session; None when none says."""
    holder = outbox_lock.holder_of(outbox)
    if holder is None or not holder.port:
        return None
    connection = HTTPConnection(_HOST, holder.port, timeout=_ANSWER_SECONDS)
    try:
        connection.request("GET", "/health")
        document = json.load(connection.getresponse())
    except (OSError, HTTPException, ValueError):
        return None
    finally:
        connection.close()
    word: dict[str, Any] | None = document["checks"]["source"]["observed"].get(_USER)
    return word


def _mode(path: Path) -> str | None:
    return f"{stat.S_IMODE(path.stat().st_mode):04o}" if path.exists() else None


def _last_good(path: Path) -> str | None:
    copy = path.with_name(path.name + ".bak")
    return str(copy) if copy.exists() else None
