"""`tpcapital import`: files of messages into the outbox, each told what became of it."""

import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import anyio
import click
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from contracts.message import Message
from gateway_outbox.errors import ExportError, GatewayError
from gateway_outbox.replay_source import Progress as Position
from gateway_outbox.replay_source import Replay
from ops.dsn_option import no_password
from ops.file_path import FilePath
from ops.rendering import Facts, Sheet, json_option, show

if TYPE_CHECKING:
    from ops.outbox_door import Door

SOURCE = "import"
_COUNTS = ("read", "messages", "stored", "duplicates", "skipped")


@dataclass
class Report:
    """What became of one file; `error` says why it was not read to its end."""

    replay: Replay
    stored: int = 0
    duplicates: int = 0
    error: str | None = None

    def document(self) -> dict[str, Any]:
        """The report for programs."""
        summary = self.replay.summary
        return {
            "file": str(self.replay.path),
            "read": summary.read,
            "messages": summary.appended,
            "stored": self.stored,
            "duplicates": self.duplicates,
            "skipped": summary.skipped.total(),
            "reasons": [
                {"reason": reason, "count": count, "first": summary.examples[reason]}
                for reason, count in summary.skipped.most_common()
            ],
            "error": self.error,
        }


@click.command("import")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--old-gateway",
    metavar="DSN",
    envvar="OLD_GATEWAY_DATABASE_URL",
    callback=no_password,
    help="The old gateway's database, whose messages are imported too (OLD_GATEWAY_DATABASE_URL).",
)
@click.option(
    "--old-table",
    default="telegram_gateway.messages",
    show_default=True,
    help="Its table of messages.",
)
@click.option(
    "--outbox",
    "path",
    envvar="OUTBOX_PATH",
    default="data/outbox.sqlite3",
    show_default=True,
    type=FilePath(),
    help="The outbox file (OUTBOX_PATH); made when it is not there.",
)
@click.option("--dry-run", is_flag=True, help="Read and report only; store nothing.")
@json_option
def import_files(
    files: tuple[Path, ...], path: Path, *, dry_run: bool, as_json: bool, **old: str | None
) -> None:
    """Store the messages of Telegram Desktop exports and failure queues.

    FILES are `result.json` of an export, or JSON lines of the old gateway's failure-queue.jsonl or
    of `tpcapital outbox export`. The running gateway stores them, or this command when none runs.
    Importing again is safe: what is there already counts as a duplicate. Of the old gateway's
    database come all messages, delivered or not, but for those that were deleted in it.
    """
    if not files and not old["old_gateway"]:
        raise click.UsageError("Give files, or --old-gateway.")
    with _old_messages(old["old_gateway"], str(old["old_table"])) as more:
        reports = anyio.run(partial(_import_all, (*files, *more), None if dry_run else path))
    documents = [report.document() for report in reports]
    show(documents, *(part for each in documents for part in _parts(each)), as_json=as_json)
    if broken := [each for each in documents if each["error"]]:
        raise click.ClickException("; ".join(each["error"] for each in broken))


@contextmanager
def _old_messages(old_gateway: str | None, old_table: str) -> Iterator[list[Path]]:
    """The old gateway's messages as a file of its failure queue; none without its database."""
    if old_gateway is None:
        yield []
        return
    from ops.old_gateway import write_messages

    with TemporaryDirectory(prefix="tpcapital-import-") as folder:
        path = Path(folder, f"{old_table}.jsonl")
        write_messages(old_gateway, old_table, path)
        yield [path]


async def _import_all(files: tuple[Path, ...], path: Path | None) -> list[Report]:
    """Every file in turn; a broken one ends itself, a closed door ends all."""
    reports: list[Report] = []
    with _progress(files) as progress:
        async with _door(path) as door:
            for file in files:
                reports.append(_report(file, door, progress))
                try:
                    await reports[-1].replay.run()
                except ExportError as error:
                    reports[-1].error = str(error)
                except OSError as error:
                    reports[-1].error = f"{file}: {error.strerror or error}"
                except GatewayError as error:
                    reports[-1].error = f"{file}: {error}"
                    break
    return reports


def _report(file: Path, door: "Door | None", progress: Progress) -> Report:
    async def append(messages: list[Message]) -> None:
        if door is not None:
            done = await door.append(messages, SOURCE)
            report.stored += done.stored
            report.duplicates += done.duplicates

    task = progress.add_task(file.name)

    def move(position: Position) -> None:
        progress.update(task, completed=position.position, total=position.size)

    replay = Replay(path=file, append=append, source=SOURCE, on_progress=move)
    report = Report(replay)
    return report


@asynccontextmanager
async def _door(path: Path | None) -> "AsyncIterator[Door | None]":
    if path is None:
        yield None
        return
    from ops.outbox_door import open_door

    async with open_door(path, create=True) as door:
        yield door


@contextmanager
def _progress(files: tuple[Path, ...]) -> Iterator[Progress]:
    """A bar of bytes for each file on a terminal, nothing in a pipe."""
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    console = Console(stderr=True, markup=False)
    quiet = not sys.stderr.isatty() or not files
    with Progress(*columns, TimeRemainingColumn(), console=console, disable=quiet) as progress:
        yield progress


def _parts(document: dict[str, Any]) -> Iterator[Sheet | Facts]:
    yield Facts(document["file"], {"file": document["file"]} | {n: document[n] for n in _COUNTS})
    if reasons := document["reasons"]:
        rows = [(each["reason"], each["count"], each["first"]) for each in reasons]
        yield Sheet("skipped", ("reason", "count", "first"), rows)
