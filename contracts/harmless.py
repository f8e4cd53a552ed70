"""Texts come from strangers: what could steer a terminal, or forge a line, is made visible."""

import re

# Controls (C0, DEL, C1), separators that some readers take for line ends, turned directions,
# halves of characters.
_STEERING = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def harmless(text: str, keep: str = "") -> str:
    r"""The text with each such character but those of `keep` written as an escape (`\x1b`)."""
    return _STEERING.sub(lambda found: _escaped(found[0], keep), text)


def _escaped(char: str, keep: str) -> str:
    return char if char in keep else char.encode("unicode_escape").decode()
