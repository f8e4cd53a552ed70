"""An answer that no client can read."""


class Garbage:
    """Its constructor's number, deadbeef, is none of Telegram's."""

    def __bytes__(self) -> bytes:
        return bytes.fromhex("efbeadde00000000")
