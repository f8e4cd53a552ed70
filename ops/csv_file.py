"""A CSV file that a spreadsheet may open: no cell of it is taken for a formula."""

import codecs
import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import click

from contracts.plain_words import cause
from gateway_outbox.whole_file import replaced
from ingest_api.export import harmless


def write_csv(path: Path, head: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Write rows into a file of mode 0600, which is there whole or not at all; returns how many.

    None is an empty cell. Texts from strangers that a spreadsheet would calculate get an apostrophe
    in front. Raises click.ClickException with the path when it cannot be written.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with replaced(path) as stream:
            writer = csv.writer(codecs.getwriter("utf-8")(stream))
            writer.writerow(head)
            count = 0
            for count, row in enumerate(rows, 1):  # noqa: B007  # the number is the result
                writer.writerow([harmless(cell) if isinstance(cell, str) else cell for cell in row])
    except OSError as error:
        raise click.ClickException(f"{path} cannot be written: {cause(error)}") from error
    return count
