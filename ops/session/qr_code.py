"""A QR code in characters, two rows a line, black on white whatever the terminal's colours are."""

from itertools import zip_longest

import segno

_BORDER = 3
_BLOCKS = {(0, 0): " ", (0, 1): "▄", (1, 0): "▀", (1, 1): "█"}
_BLACK_ON_WHITE, _PLAIN = "\x1b[38;5;16;48;5;231m", "\x1b[0m"


def blocks(text: str) -> list[str]:
    """The code's lines without colours; a dark module is inked."""
    code = segno.make(text, error="l", micro=False)
    rows = [list(row) for row in code.matrix_iter(border=_BORDER)]
    pairs = zip_longest(rows[::2], rows[1::2], fillvalue=[0] * len(rows[0]))
    return ["".join(map(_block, *pair)) for pair in pairs]


def drawn(text: str) -> list[str]:
    """The code's lines for a terminal."""
    return [f"{_BLACK_ON_WHITE}{line}{_PLAIN}" for line in blocks(text)]


def _block(above: int, below: int) -> str:
    return _BLOCKS[bool(above), bool(below)]
