"""The pages of tables say what a database and an outbox have, column by column."""

import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import psycopg

from ops.reference_docs import PAGES, ROOT

Columns = dict[str, list[str]]

_TABLES = """
select c.relname,
       format('`%s`', a.attname),
       format('`%s`%s%s',
              replace(replace(format_type(a.atttypid, a.atttypmod),
                              'timestamp with time zone', 'timestamptz'),
                      'character varying', 'varchar'),
              case when a.attnum = any (k.conkey) then ', key' end,
              case when not a.attnotnull then ' or null' end)
  from pg_class c
  join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  left join pg_constraint k on k.conrelid = c.oid and k.contype = 'p'
 where c.relnamespace = 'tp_capital'::regnamespace and c.relkind = 'r'
 order by c.relname, a.attnum
"""
_VIEWS = """
select c.relname, a.attname
  from pg_class c
  join pg_attribute a on a.attrelid = c.oid and a.attnum > 0
 where c.relnamespace = 'tp_capital'::regnamespace and c.relkind = 'v'
 order by c.relname, a.attnum
"""


def test_the_database_s_page_is_the_migrated_schema(database: str) -> None:
    """Tables with their columns in order, types, keys and what may be null; views and columns."""
    page = _text("database.md")
    sections = re.findall(r"^## `(\w+)`\n(.*?)(?=^## )", page, re.MULTILINE | re.DOTALL)
    shown = {name: [row[:2] for row in _rows(text)] for name, text in sections}
    with psycopg.connect(database) as connection:
        there: dict[str, list[list[str]]] = {}
        for table, column, kind in connection.execute(_TABLES):
            there.setdefault(table, []).append([column, kind])
        views: Columns = {}
        for view, column in connection.execute(_VIEWS):
            views.setdefault(view, []).append(column)
    assert shown == there
    assert _listed(page.partition("\n## Views\n")[2], 1) == views


def test_the_outbox_s_page_is_the_file(tmp_path: Path) -> None:
    """Tables and views with their columns in order, and every trigger."""
    page = _text("outbox.md")
    tables, _, views = page.partition("\n## Views\n")
    schema = (ROOT / "gateway_outbox" / "schema.sql").read_text(encoding="utf-8")
    with sqlite3.connect(tmp_path / "outbox.sqlite3") as connection:
        connection.executescript(schema)
        there = {kind: _in_file(connection, kind) for kind in ("table", "view", "trigger")}
    connection.close()
    assert _listed(tables, 2) == there["table"]
    assert _listed(views, 1) == there["view"]
    assert all(f"`{name}`" in tables for name in there["trigger"])


def _in_file(connection: sqlite3.Connection, kind: str) -> Columns:
    names = connection.execute(
        "SELECT name FROM sqlite_schema WHERE type = ? AND name NOT LIKE 'sqlite_%'", (kind,)
    )
    columns = "SELECT name FROM pragma_table_info(?)"
    return {
        name: [column for (column,) in connection.execute(columns, (name,))]
        for (name,) in names.fetchall()
    }


def _listed(text: str, place: int) -> Columns:
    """The names in one cell of each row, without what is said of them in brackets."""
    return {
        row[0].strip("`"): re.findall(r"`(\w+)`", re.sub(r"\([^)]*\)", "", row[place]))
        for row in _rows(text)
    }


def _rows(text: str) -> Iterator[list[str]]:
    """The cells of a section's tables, heads left out."""
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    for line in lines:
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if cells[0].startswith("`"):
            yield cells


def _text(page: str) -> str:
    return (PAGES / page).read_text(encoding="utf-8")
