"""A parser that reads a text differently than before has another PARSER_VERSION than before."""

from collections.abc import Iterator
from hashlib import sha256
from typing import NamedTuple

import msgspec

from ingest_api.ingest.delivery import PARSER_VERSION
from ingest_api.parser import signal_labels
from ingest_api.parser.signal_parser import parse
from tests.ingest_api.test_signal_parser import TEXTS


class Noted(NamedTuple):
    """What a version of the parser made of its words and of the first so many labelled texts.

    New texts are added at the end, and so change nothing here.
    """

    version: int
    texts: int
    digest: str


NOTED = Noted(1, 224, "0a716da81154097a2589e970f8b3b439e2ff5729bf74e8a8394444f80e44b323")


def test_what_the_parser_reads_is_held_by_its_version() -> None:
    """Without a new version the stored texts that it reads differently are never read again."""
    found = Noted(PARSER_VERSION, NOTED.texts, _digest(NOTED.texts))
    version = max(PARSER_VERSION, NOTED.version + 1)
    assert found == NOTED, (
        f"the parser is another than the one noted as PARSER_VERSION {NOTED.version}: let it be"
        f" {version} in ingest_api/ingest/delivery.py, and note in this file"
        f' NOTED = Noted({version}, {len(TEXTS)}, "{_digest(len(TEXTS))}")'
    )


def _digest(count: int) -> str:
    """Of the parser's words, and of its reading of each text, whole and with one line left out."""
    words = {name: each for name, each in vars(signal_labels).items() if name.isupper()}
    readings = [
        (type(reading).__name__, reading)
        for text in TEXTS[:count]
        for reading in map(parse, [text, *_shorter(text)])
    ]
    told = msgspec.json.encode((words, readings), order="deterministic")
    return sha256(told).hexdigest()


def _shorter(text: str) -> Iterator[str]:
    lines = text.split("\n")
    for number in range(len(lines)):
        yield "\n".join(lines[:number] + lines[number + 1 :])
