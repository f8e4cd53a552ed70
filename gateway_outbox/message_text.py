"""Any text of Telegram as one that the contract can carry: no message is lost for its text."""

from contracts.message import MAX_TEXT_BYTES

MAX_NAME = 256
_CUT = "…"


def fit(text: str) -> str:
    """U+0000 and half characters become U+FFFD; over 16 KiB it is cut and ends in "…".

    Only a rich message can be that long.
    """
    encoded = _clean(text).encode()
    if len(encoded) <= MAX_TEXT_BYTES:
        return encoded.decode()
    return encoded[: MAX_TEXT_BYTES - len(_CUT.encode())].decode(errors="ignore") + _CUT


def fit_name(name: str) -> str | None:
    """A title or a person's name, at most 256 characters; None when nothing is left."""
    return _clean(name)[:MAX_NAME] or None


def _clean(text: str) -> str:
    # Two halves that stand together are one character.
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return whole.replace("\x00", "\ufffd")
