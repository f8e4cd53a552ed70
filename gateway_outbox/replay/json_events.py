"""JSON of any length as a stream of events, a kibibyte at a time."""

import re
from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

import ijson

from gateway_outbox.errors import ExportError

# Small, because an error is located to the slice it is in; larger ones are not faster.
_SLICE_BYTES = 1024
_BOM = b"\xef\xbb\xbf"

_OPEN_ESCAPE = re.compile(rb"(?<!\\)(?:\\\\)*(\\(?:x[0-9A-Fa-f]?)?)\Z")
_ESCAPE = re.compile(rb"\\(?:x([0-9A-Fa-f]{2})|.)", re.DOTALL)

# A message nests four deep; a file of brackets alone must not fill the memory.
_MAX_DEPTH = 64
# Nor does a text come near this; the parser begins a value anew with each slice, so that a long one
# would take the square of its length.
_MAX_VALUE_BYTES = 256 * 1024
_STEPS = {"start_map": 1, "start_array": 1, "end_map": -1, "end_array": -1}
_NEW: dict[str, Callable[[], Any]] = {"start_map": dict, "start_array": list}
_ENDS = frozenset({"end_map", "end_array"})

JsonEvent = tuple[str, Any]


def json_events(stream: BinaryIO) -> Iterator[JsonEvent]:
    """The events of one JSON text: `start_map`, `map_key`, `string`, `number` and so on.

    Everything before a break is yielded; then ExportError tells where the text breaks.
    """
    events = ijson.sendable_list()
    # Numbers as the parser's own integers and floats: with arbitrary precision a number of
    # thousands of digits ends the whole process (ijson 3.6).
    parser = ijson.basic_parse_coro(events, use_float=True)
    depth = silent = 0
    for start, piece in _repaired(stream):
        fault = _fault(partial(parser.send, piece))
        silent = 0 if events else silent + len(piece)
        depth += sum([_STEPS[event] for event, _ in events if event in _STEPS])
        if excess := _excess(silent, depth):
            fault = excess
            events.clear()
        yield from events
        events.clear()
        if fault:
            raise _broken(stream, f"at byte {start} or within {_SLICE_BYTES} after it", fault)
    fault = _fault(parser.close)
    yield from events
    if fault:
        raise _broken(stream, f"at its end, byte {stream.tell()}", fault)


def _excess(silent: int, depth: int) -> str | None:
    """Which of our bounds the text breaks, where it breaks one."""
    if silent > _MAX_VALUE_BYTES:
        return f"a value of more than {_MAX_VALUE_BYTES} bytes, which no export has"
    if depth > _MAX_DEPTH:
        return f"nested more than {_MAX_DEPTH} deep, which no export is"
    return None


def whole_value(first: JsonEvent, events: Iterator[JsonEvent]) -> Any:
    """The JSON value that begins with the event `first`, taking its further events off `events`."""
    holders: list[Any] = []
    keys: list[str] = []
    key = ""
    for event, value in chain((first,), events):
        if event == "map_key":
            key = value
        elif event in _ENDS:
            key = keys.pop()
            done = holders.pop()
            if not holders:
                return done
        else:
            done = _NEW[event]() if event in _NEW else value
            if not holders and event not in _NEW:
                return done
            _put(holders, key, done)
            if event in _NEW:
                holders.append(done)
                keys.append(key)
    raise AssertionError("json_events raises before a value is left open")


def _put(holders: list[Any], key: str, value: Any) -> None:
    if holders:
        holder = holders[-1]
        if type(holder) is dict:
            holder[key] = value
        else:
            holder.append(value)


def _fault(step: Callable[[], object]) -> str | None:
    """What the parser has against this step, in its own words."""
    try:
        step()
    except UnicodeDecodeError:  # an escape such as \ud800 alone
        return "half a character"
    except ijson.JSONError as error:
        words = error.args[0]
        text = words.decode("utf-8", "replace") if isinstance(words, bytes) else str(words)
        return text.partition("\n")[0].rstrip(". ")
    return None


def _broken(stream: BinaryIO, place: str, fault: str) -> ExportError:
    return ExportError(
        f"{Path(stream.name).name}: broken JSON {place} ({fault})."
        " What came before was read; export the chat again, or copy the file again, and repeat:"
        " messages that are already there are not stored twice."
    )


def _repaired(stream: BinaryIO) -> Iterator[tuple[int, bytes]]:
    r"""Slices with their offsets; Telegram Desktop's escapes (`\x0B`) as JSON has them."""
    start, tail = 0, b""
    while piece := stream.read(_SLICE_BYTES):
        size = len(piece)
        piece = tail + (piece.removeprefix(_BOM) if start == 0 else piece)
        tail = b""
        # An escape that the slice cuts in two waits for its other half.
        if b"\\" in piece[-3:] and (cut := _OPEN_ESCAPE.search(piece)):
            piece, tail = piece[: cut.start(1)], piece[cut.start(1) :]
        yield start, _ESCAPE.sub(_as_json, piece) if b"\\x" in piece else piece
        start += size
    if tail:
        yield start, tail


def _as_json(escape: re.Match[bytes]) -> bytes:
    return b"\\u00" + escape[1] if escape[1] else escape[0]
