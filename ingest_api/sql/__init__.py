"""The SQL of the service: queries by their names, and the migrations in their order."""

import re
from importlib.resources import files
from typing import Final, NamedTuple

from contracts.queries import load

_FILES = ("queries.sql", "compatibility.sql", "page.sql")
QUERIES: Final = {name: sql for file in _FILES for name, sql in load(__name__, file).items()}
_MIGRATION = re.compile(r"^(\d{4})_\w+\.sql$")


class Migration(NamedTuple):
    """One migration file: its number, name and whole text."""

    version: int
    name: str
    text: str


def migrations() -> list[Migration]:
    """Every migration, oldest first."""
    found = []
    for file in files(__name__).joinpath("migrations").iterdir():
        if numbered := _MIGRATION.match(file.name):
            text = file.read_text(encoding="utf-8")
            found.append(Migration(int(numbered[1]), file.name, text))
    return sorted(found)
