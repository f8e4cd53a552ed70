"""`tpcapital import --old-gateway`: each shape that the old gateway's table had."""

import json
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner

from ops.cli import main
from tests.ops.conftest import Command

BY_FILE = """
create schema telegram_gateway;
create table telegram_gateway.messages (
  id uuid default gen_random_uuid(), channel_id text not null, message_id bigint not null,
  source text not null default 'unknown', text text, caption text, media_type text,
  media_refs jsonb not null default '[]', status text not null default 'received',
  received_at timestamptz not null default now(), telegram_date timestamptz,
  created_at timestamptz not null default now(), deleted_at timestamptz,
  primary key (id, created_at));
"""
BY_REPAIR = """
create schema telegram_gateway;
create table telegram_gateway.messages (
  id bigserial primary key, channel_id text not null, message_id text not null, text text,
  caption text, media_type text, status text, received_at timestamptz, telegram_date timestamptz);
"""
ROWS = """
insert into telegram_gateway.messages
  (channel_id, message_id, text, caption, media_type, status, received_at, telegram_date)
values
  ('-1005', '7', 'um', null, 'text', 'published', '2025-11-05T12:00:09Z', '2025-11-05T12:00:00Z'),
  ('-1005', '8', null, 'legenda', 'photo', 'queued', '2025-11-05T12:01:09Z', null),
  ('-1005', '8', null, 'legenda', 'photo', 'queued', '2025-11-05T12:01:09Z', null),
  ('-1005', '9', 'fora', null, null, 'deleted', '2025-11-05T12:02:00Z', '2025-11-05T12:02:00Z'),
  ('Mesa', '10', 'x', null, null, 'failed', '2025-11-05T12:03:00Z', '2025-11-05T12:03:00Z');
"""


@pytest.fixture(params=[BY_FILE, BY_REPAIR], ids=["file", "repair"])
def old_gateway(empty_database: str, request: pytest.FixtureRequest) -> str:
    """A database with that table and five rows."""
    rows = ROWS
    if request.param == BY_FILE:
        for number in range(7, 11):
            rows = rows.replace(f"'{number}'", str(number))
    with psycopg.connect(empty_database) as connection:
        connection.execute((request.param + rows).encode())
    return empty_database


def imported(command: Command, dsn: str, *arguments: str) -> Any:
    """The report of that import."""
    environ = {"OLD_GATEWAY_DATABASE_URL": dsn}
    path = command("outbox", "status", "--json")
    outbox = json.loads(path.stdout)["path"]
    line = ["import", "--outbox", outbox, "--json", *arguments]
    result = CliRunner().invoke(main, line, env=environ)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_what_the_old_gateway_stored_arrives(command: Command, old_gateway: str) -> None:
    """Delivered or not, each once, the caption as text; what it deleted stays away."""
    (report,) = imported(command, old_gateway)
    assert report["file"].endswith("telegram_gateway.messages.jsonl")
    counts = [report[n] for n in ("read", "messages", "stored", "duplicates", "skipped")]
    assert counts == [4, 3, 2, 1, 1]
    assert "breaks the contract" in report["reasons"][0]["reason"]
    lines = command("outbox", "export").stdout.splitlines()
    found = [json.loads(line) for line in lines[-2:]]
    assert [(each["channelId"], each["messageId"], each["text"]) for each in found] == [
        (-1005, 7, "um"),
        (-1005, 8, "legenda"),
    ]
    assert found[0]["timestamp"] == "2025-11-05T12:00:00Z"
    assert found[1]["timestamp"] == "2025-11-05T12:01:09Z"
    (again,) = imported(command, old_gateway)
    assert (again["stored"], again["duplicates"]) == (0, 3)


def test_a_database_without_the_table_says_so(command: Command, empty_database: str) -> None:
    """With the option that names another."""
    assert command("import").exit_code == 2
    environ = {"OLD_GATEWAY_DATABASE_URL": empty_database}
    result = CliRunner().invoke(main, ["import", "--dry-run"], env=environ)
    assert result.exit_code == 1
    assert "has no table telegram_gateway.messages; name it with --old-table" in result.stderr
