"""What ties a message's lines in two logs together: its W3C trace, made when it was received."""

import re
from typing import Any

HEADER = "traceparent"

_PARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")
# The last field of an encoded message; a text's own quotes are escaped, so none can stand for it.
_LAST_FIELD = re.compile(rb'"traceparent":"([0-9a-f-]{55})"\}$')


def trace_id(traceparent: str | None) -> str | None:
    """The 32 digits that all log lines about a message share; None for what is no traceparent."""
    found = _PARENT.fullmatch(traceparent or "")
    return found[1] if found else None


def traceparent_of(payload: bytes) -> str | None:
    """The traceparent of a message encoded by `wire.encode`, without decoding it."""
    found = _LAST_FIELD.search(payload)
    return found[1].decode() if found else None


def about(channel_id: int, message_id: int, traceparent: str | None) -> dict[str, Any]:
    """What a log line says of the message that it is about, as `extra`."""
    return {
        "channel_id": channel_id,
        "message_id": message_id,
        "trace_id": trace_id(traceparent),
    }
