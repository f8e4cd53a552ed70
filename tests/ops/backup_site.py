"""An installation in a folder, and `tpcapital backup` and `restore` there."""

import json
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import psycopg
from click.testing import CliRunner, Result
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from contracts.metrics import API
from contracts.telemetry import Telemetry
from ingest_api.database.database import open_pool
from ingest_api.ingest.store import Store
from ops.cli import main
from tests.gateway_outbox.session_files import write_session
from tests.ingest_api.messages import CHATTER, SIGNAL, delivery
from tests.postgres import settings


async def _store(dsn: str, first: int, count: int) -> None:
    telemetry = Telemetry(API, "test", "0")
    async with open_pool(settings(dsn)) as pool:
        texts = (SIGNAL, CHATTER)
        given = [delivery(number, texts[number % 2]) for number in range(first, first + count)]
        await Store(pool, telemetry).record(given)
    telemetry.close()


def store(dsn: str, first: int, count: int) -> None:
    """Deliver so many messages, every second one a signal."""
    anyio.run(partial(_store, dsn, first, count))


class Site:
    """An installation in a folder: outbox, session, channels, and the database."""

    def __init__(self, folder: Path, outbox: Path, dsn: str) -> None:
        self.outbox, self.dsn = outbox, dsn
        self.session = folder / "session" / "gateway.session"
        self.channels = folder / "channels.toml"
        self.backups = folder / "backups"
        write_session(self.session)
        self.channels.write_text("# ours\n", encoding="utf-8")
        self.environ = {
            "OUTBOX_PATH": str(outbox),
            "SESSION_DIR": str(self.session.parent),
            "CHANNELS_FILE": str(self.channels),
            "BACKUP_DIR": str(self.backups),
            "TIMESCALEDB_URL": dsn,
            "API_SECRET_TOKEN": "a-secret-of-the-gateway-that-no-backup-holds",
        }

    def run(self, *arguments: str) -> Result:
        """`tpcapital …` at this site."""
        return CliRunner().invoke(main, list(arguments), env=self.environ)

    def document(self, *arguments: str) -> Any:
        """What it prints as JSON."""
        result = self.run(*arguments, "--json")
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    def backup(self) -> Path:
        """The folder of a new backup."""
        return Path(self.document("backup")["backup"])

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What the database says."""
        with psycopg.connect(self.dsn) as connection:
            return connection.execute(query.encode()).fetchall()

    def count(self) -> int:
        """Messages in the ledger."""
        return int(self.rows("select count(*) from tp_capital.messages")[0][0])

    def delivered(self) -> set[tuple[Any, ...]]:
        """Every message of the ledger, and every signal, as `(kind, message, text)`."""
        messages = self.rows("select 'message', message_id, text from tp_capital.messages")
        signals = "select 'signal', message_id, raw_message from tp_capital.tp_capital_signals"
        return {*messages, *self.rows(signals)}

    def states(self) -> dict[str, int]:
        """The outbox's rows by state."""
        found: dict[str, int] = self.document("outbox", "status")["states"]
        return found

    def databases(self) -> list[str]:
        """Databases made from this one."""
        like = f"{self.name}_%"
        query = f"select datname from pg_database where datname like '{like}' order by 1"  # noqa: S608
        return [row[0] for row in self.rows(query)]

    @property
    def name(self) -> str:
        """The database's name."""
        return str(conninfo_to_dict(self.dsn)["dbname"])


def drop(site: Site, name: str) -> None:
    """Drop a database that a restore left."""
    place = make_conninfo(site.dsn, dbname="postgres")
    with psycopg.connect(place, autocommit=True) as connection:
        connection.execute(f'drop database "{name}" with (force)'.encode())
