"""A rich message (headings, lists, tables) as the plain text that the parser reads.

Works on plain dicts, of the Bot API (`rich_message.blocks`) as of Telethon (`to_dict()`): both name
what holds text alike, so it goes by the names of the fields and not by the types of the blocks. The
same message gives the same text through both, else it would count as edited. For that reason the
signs before list items, which only one of them spells out, are left away.
"""

from collections.abc import Iterator
from typing import Any

# Deeper is no message of a person; Telegram's own limit is lower.
MAX_DEPTH = 100

# In the order of reading. What one side names differently stands beside its twin.
_HEADS = ("title", "summary", "author", "text")
_WORDS = ("expression", "source", "alternative_text", "alt")
_BODIES = ("button", "buttons", "cover", "blocks", "items", "articles")
_FEET = ("description", "caption", "credit")
_ROWS = ("cells", "rows")
_KNOWN = frozenset({*_HEADS, *_WORDS, *_BODIES, *_FEET, *_ROWS, "texts"})


def flatten(rich: Any) -> str:
    """The text of a rich message, or of a list of its blocks: a line a block. Never raises.

    A table's row is one line, its cells apart by a blank. A block of an unknown kind gives the
    text of whatever is inside it.
    """
    return "\n".join(_lines(rich, 0)).strip()


def _lines(node: Any, depth: int) -> Iterator[str]:
    if depth > MAX_DEPTH:
        return
    if isinstance(node, str):
        yield node
    elif isinstance(node, list):
        for each in node:
            yield from _lines(each, depth + 1)
    elif isinstance(node, dict):
        if any(name in node for name in _ROWS):
            yield from _table(node, depth)
        else:
            yield from _block(node, depth)


def _block(block: dict[str, Any], depth: int) -> Iterator[str]:
    for name in (*_HEADS, *_WORDS):
        yield from _line(block.get(name), depth)
    if "texts" in block:
        yield from _line(block["texts"], depth)
    for name in _BODIES:
        yield from _lines(block.get(name), depth + 1)
    for name in _FEET:
        foot = block.get(name)
        # A caption is a text, or a text with its credit.
        if isinstance(foot, dict) and "credit" in foot:
            yield from _lines(foot, depth + 1)
        else:
            yield from _line(foot, depth)
    if _KNOWN.isdisjoint(block):
        for inner in block.values():
            if isinstance(inner, dict | list):
                yield from _lines(inner, depth + 1)


def _table(table: dict[str, Any], depth: int) -> Iterator[str]:
    for name in ("title", "caption"):
        yield from _line(table.get(name), depth)
    for row in _list(table.get("cells")) + _list(table.get("rows")):
        cells = _list(row.get("cells") if isinstance(row, dict) else row)
        words = [_inline(cell, depth + 1) for cell in cells]
        if line := " ".join(word for word in words if word):
            yield line


def _line(text: Any, depth: int) -> Iterator[str]:
    if line := _inline(text, depth):
        yield line


def _inline(text: Any, depth: int) -> str:
    """A formatted text without its formatting."""
    if isinstance(text, str):
        return text
    if depth > MAX_DEPTH:
        return ""
    if isinstance(text, list):
        return "".join(_inline(each, depth + 1) for each in text)
    if isinstance(text, dict):
        names = ("text", "texts", *_WORDS, "button", "credit")
        return "".join(_inline(text.get(name), depth + 1) for name in names)
    return ""


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
