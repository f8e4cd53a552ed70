"""Ids in the old API's manner: what it is, when it was made, and something random."""

import secrets
import string
from time import time_ns

_ALPHABET = string.ascii_lowercase + string.digits
_LENGTH = 7


def new_id(prefix: str) -> str:
    """`bot-<ms>-<7 characters>`."""
    tail = "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
    return f"{prefix}-{_milliseconds()}-{tail}"


def new_number_id(prefix: str) -> str:
    """`ch_<digits>`: milliseconds as before, and random digits, for two within one of them."""
    return f"{prefix}_{_milliseconds()}{secrets.randbelow(10**_LENGTH):0{_LENGTH}}"


def _milliseconds() -> int:
    return time_ns() // 1_000_000
