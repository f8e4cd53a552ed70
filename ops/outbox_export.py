"""Payloads of the outbox as JSON lines: the form that `tpcapital import` reads back."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from contracts.plain_words import cause
from gateway_outbox.errors import GatewayError
from gateway_outbox.whole_file import replaced
from ops.outbox_reader import OutboxReader


def write_stdout(reader: OutboxReader, states: Sequence[str]) -> int:
    """One payload a line to standard output; returns how many."""
    count = _write(reader, states, sys.stdout.buffer)
    sys.stdout.buffer.flush()
    return count


def write_file(reader: OutboxReader, states: Sequence[str], path: Path) -> int:
    """One payload a line into a file of mode 0600, which is there whole or not at all.

    Returns how many. Raises GatewayError with the path when it cannot be written.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with replaced(path) as stream:
            count = _write(reader, states, stream)
    except OSError as error:
        raise GatewayError(f"{path} cannot be written: {cause(error)}") from error
    return count


def _write(reader: OutboxReader, states: Sequence[str], stream: BinaryIO) -> int:
    count = 0
    for _, payload, _ in reader.payloads(states):
        stream.write(payload + b"\n")
        count += 1
    return count
