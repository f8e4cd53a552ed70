"""Updates as the Bot API sends them."""

from typing import Any

CHANNEL = -1001234567890
SENT = 1_790_000_000


def chat(channel: int = CHANNEL, **more: Any) -> dict[str, Any]:
    """A channel."""
    return {"id": channel, "type": "channel", "title": "Mesa", **more}


def post(number: int, text: str | None = None, **more: Any) -> dict[str, Any]:
    """A channel's message `number`; what is None in `more` is left away."""
    known = {
        "message_id": number,
        "date": SENT + number,
        "chat": chat(),
        "text": f"mensagem {number}" if text is None else text,
        **more,
    }
    return {name: value for name, value in known.items() if value is not None}


def sizes() -> list[dict[str, Any]]:
    """A photo in three sizes, the largest in the middle."""
    return [
        {"file_id": f"f{side}", "file_unique_id": f"u{side}", "width": side, "height": side // 2}
        for side in (90, 1280, 320)
    ]


def forwarded(channel: int, number: int) -> dict[str, Any]:
    """A `forward_origin` of a channel's post."""
    there = {"id": channel, "type": "channel", "title": "Origem"}
    return {"type": "channel", "chat": there, "message_id": number, "date": SENT - 60}
