"""The one look that spares most texts from being read sentence by sentence hides no outcome."""

import re
from pathlib import Path
from random import Random

import psycopg

from tests.postgres import TestDatabases

MIGRATIONS = Path(__file__).parents[2] / "ingest_api/sql/migrations"
READ_IN_FULL = re.compile(r"create function read_follow_up(\(.*?^end;)", re.DOTALL | re.MULTILINE)

# The words of an outcome, what stands between them, and what is near to both.
WORDS = """
cancela cancelada CANCELADO cancelamos cancel canceled desconsiderem Desconsidera alvo alvos
targets tp TP1 objetivo gain gains atingido ATINGIU batido bateu batemos hit reached feito bolso
no stop Stop STOP loss foi stopado Stopada stopou stoped stopped tomamos levamos tomou atingiu
acionou pegou deu o um acionado executado stóp ALVO alvo1 final primeiro 2º se não quase ontem
PETR4 VALE3 WINZ26 -30% 12,5 % Bom dia segue aberta
"""
SPACES = (" ",) * 12
BETWEEN = (*SPACES, "  ", "\n", "\n\n", ". ", ".", "! ", "; ", ", ", "**", "_", "\t", "\u00a0")

TOLD_APART = """
select text, now, before
  from unnest(%s::text[]) as text
 cross join lateral (select array_agg(r::text) as now from read_follow_up(text) r) n
 cross join lateral (select array_agg(r::text) as before from pg_temp.read_in_full(text) r) b
"""


def drawn_texts(count: int) -> list[str]:
    """Texts of one to nine of the words."""
    random = Random(20261129)  # the same ones in each run
    words, rare = WORDS.split(), ["levamos um stop", "alvo no bolso", "alvo no\tbolso PETR4"]
    return rare + [
        "".join(random.choice(words) + random.choice(BETWEEN) for _ in range(random.randint(1, 9)))
        for _ in range(count)
    ]


def in_full() -> bytes:
    """The migration's first reading, by the name of `read_in_full`."""
    found = READ_IN_FULL.search((MIGRATIONS / "0022_follow_ups.sql").read_text(encoding="utf-8"))
    assert found
    return f"create function pg_temp.read_in_full{found[1]}".encode()


def test_no_outcome_is_overlooked(postgres: TestDatabases) -> None:
    """Both readings of twenty thousand texts, some thousands of which say something."""
    options = "-c search_path=tp_capital,public"
    with postgres.migrated() as dsn, psycopg.connect(dsn, options=options) as connection:
        connection.execute(in_full())
        rows = connection.execute(TOLD_APART, (drawn_texts(20_000),)).fetchall()
    assert [row for row in rows if row[1] != row[2]] == []
    said = [row for row in rows if row[1]]
    assert 2_000 < len(said) < 18_000
