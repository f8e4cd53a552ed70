"""The command under test and an outbox that holds something."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import anyio
import pytest
from click.testing import CliRunner, Result

from contracts import metrics
from contracts.message import Message
from contracts.telemetry import Telemetry
from gateway_outbox.outbox.outbox import Settlement, open_outbox
from ops.cli import main
from tests.messages import messages
from tests.ops.backup_site import Site, store

Command = Callable[..., Result]


async def fill(path: Path, batch: list[Message], settlements: list[Settlement]) -> None:
    """Append the batch to the outbox and settle some of its rows."""
    telemetry = Telemetry(metrics.GATEWAY, "test", "0")
    async with open_outbox(path, telemetry) as outbox:
        await outbox.append(batch, "bot")
        await outbox.settle(settlements)
    telemetry.close()


@pytest.fixture
def outbox_path(tmp_path: Path) -> Path:
    """Five rows: 1 delivered, 2 a dead letter, 3 to 5 pending in two channels."""
    path = tmp_path / "outbox.sqlite3"
    settlements = [
        Settlement(1, "delivered", outcome="created"),
        Settlement(2, "dead_letter", reason="422: text is no text"),
    ]
    anyio.run(partial(fill, path, messages(5, channels=2), settlements))
    return path


@pytest.fixture
def command(outbox_path: Path, tmp_path: Path) -> Command:
    """`tpcapital` on that outbox; standard output is no terminal."""
    environ = {
        "OUTBOX_PATH": str(outbox_path),
        "FAILURE_QUEUE_PATH": str(tmp_path / "failure-queue.jsonl"),
    }
    return lambda *arguments: CliRunner().invoke(main, list(arguments), env=environ)


@pytest.fixture
def site(tmp_path: Path, outbox_path: Path, database: str) -> Site:
    """A site with five rows in the outbox and twenty messages in the database."""
    store(database, 1, 20)
    return Site(tmp_path, outbox_path, database)
