"""What `tpcapital channels` shows: what is declared beside what is known of it in the outbox."""

from collections.abc import Sequence
from typing import Any

from gateway_outbox.channels_file import Declared
from ops.rendering import Moment, Sheet

_COLUMNS = ("channel", "role", "on", "title", "state", "last", "held", "reason")


def listed(
    in_file: Sequence[Declared], in_environment: Sequence[Declared], known: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """A document for each channel: the declared in their order, then those only known."""
    rows = [_row(each, "file", known) for each in in_file]
    keys = {each.key for each in in_file}
    rows += [_row(each, "environment", known) for each in in_environment if each.key not in keys]
    shown = {row["channel_id"] for row in rows}
    rows += [_document(None, None, each) for each in known if each["channel_id"] not in shown]
    return rows


def list_sheet(rows: list[dict[str, Any]]) -> Sheet:
    """The documents of `listed` for people."""
    lines = [
        (
            row["channel"],
            row["role"],
            row["enabled"],
            row["title"] or row["label"],
            row["state"],
            row["last_message_id"],
            row["held_deletions"],
            row["reason"],
        )
        for row in rows
    ]
    return Sheet("", _COLUMNS, lines, "no channel is declared: `tpcapital channels add`")


def held_sheet(rows: list[dict[str, Any]]) -> Sheet:
    """Held deletions for people."""
    lines = [
        (
            row["channel_id"],
            row["title"],
            row["held"],
            f"{row['first_id']} to {row['last_id']}",
            Moment(row["since_ms"]),
        )
        for row in rows
    ]
    columns = ("channel", "title", "held", "messages", "since")
    return Sheet("", columns, lines, "no deletion is held")


def _row(declared: Declared, where: str, known: list[dict[str, Any]]) -> dict[str, Any]:
    found = (each for each in known if declared.means(each["channel_id"], each["username"]))
    return _document(declared, where, next(found, None))


def _document(
    declared: Declared | None, where: str | None, known: dict[str, Any] | None
) -> dict[str, Any]:
    known = known or {}
    channel_id = known.get("channel_id", declared.id if declared else None)
    return {
        "channel": str(declared.key if declared else channel_id),
        "channel_id": channel_id,
        "declared_in": where,
        "role": declared.role if declared else None,
        "enabled": declared.enabled if declared else None,
        "label": declared.label if declared else "",
        "title": known.get("title", ""),
        "state": known.get("state"),
        "reason": known.get("reason", ""),
        "last_message_id": known.get("last_message_id"),
        "held_deletions": known.get("held", 0),
    }
