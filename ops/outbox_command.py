"""`tpcapital outbox`: look into the outbox and act on it, beside a running gateway or without."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import anyio
import click

from contracts.message import INT64_MAX
from ops import outbox_export, outbox_views
from ops.number import WholeNumber
from ops.outbox_option import outbox_option
from ops.outbox_reader import STATES, OutboxReader, open_reader
from ops.rendering import Facts, Sheet, Size, json_option, show

if TYPE_CHECKING:
    from ops.outbox_door import Door, Sizes

F = TypeVar("F", bound=Callable[..., Any])
Act = Callable[["Door"], Any]

_SEQ = WholeNumber(1, INT64_MAX)
_MAX_REASON = 500


def _at_outbox(function: F) -> F:
    """The options that every subcommand has."""
    outbox = outbox_option("path")
    return outbox(json_option(function))


@click.group()
def outbox() -> None:
    """Look into the outbox, or act on it.

    What looks never writes and works beside a running gateway. What changes asks the running
    gateway, or takes the outbox's lock when none runs.
    """


@outbox.command()
@_at_outbox
def status(path: Path, *, as_json: bool) -> None:
    """Show what waits, what is dead, how large the file is, and how the gateway is."""
    with open_reader(path) as reader:
        document = outbox_views.status(reader, path)
    show(document, *outbox_views.status_parts(document), as_json=as_json)


@outbox.command("ls")
@click.option("--state", type=click.Choice(STATES), help="Only rows of this state.")
@click.option("--channel", type=int, help="Only rows of this channel (marked id, -100…).")
@click.option(
    "--limit",
    type=WholeNumber(1, 100_000),
    default=20,
    show_default=True,
    help="At most so many rows.",
)
@click.option("--oldest", is_flag=True, help="Oldest rows first; else the newest.")
@_at_outbox
def ls(path: Path, **chosen: Any) -> None:
    """List rows, the newest first."""
    as_json = chosen.pop("as_json")
    with open_reader(path) as reader:
        rows = [outbox_views.brief(row) for row in reader.rows(**chosen)]
    show(rows, outbox_views.rows_sheet(rows), as_json=as_json)


@outbox.command("show")
@click.argument("seq", type=_SEQ)
@_at_outbox
def show_row(path: Path, seq: int, *, as_json: bool) -> None:
    """Show everything of row SEQ, its payload decoded."""
    with open_reader(path) as reader:
        row = reader.row(seq)
    if row is None:
        raise click.ClickException(
            f"outbox {path} has no row {seq}; `tpcapital outbox ls` shows those it has"
        )
    document = outbox_views.whole(row)
    show(document, *outbox_views.whole_parts(document), as_json=as_json)


@outbox.command()
@click.argument("seqs", metavar="[SEQ]…", nargs=-1, type=_SEQ)
@click.option("--all", "every", is_flag=True, help="Every dead letter.")
@_at_outbox
def retry(path: Path, seqs: tuple[int, ...], *, every: bool, as_json: bool) -> None:
    """Send dead letters or discarded rows again, by their numbers."""
    if bool(seqs) == every:
        raise click.UsageError("Give row numbers, or --all for every dead letter.")
    with open_reader(path) as reader:
        before = {seq: reader.state(seq) for seq in seqs}
    changed = _through_door(path, lambda door: door.retry(None if every else list(before)))
    if every:
        show({"changed": changed}, Facts("retry", {"changed": changed}), as_json=as_json)
    else:
        _report(path, before, changed, "dead letters and discarded rows", as_json=as_json)


@outbox.command()
@click.argument("seqs", metavar="SEQ…", nargs=-1, required=True, type=_SEQ)
@click.option("--reason", required=True, help="Why; it is kept beside the rows.")
@_at_outbox
def discard(path: Path, seqs: tuple[int, ...], reason: str, *, as_json: bool) -> None:
    """Give rows up that are pending or dead letters; `retry` brings them back."""
    reason = reason.strip()
    if not 1 <= len(reason) <= _MAX_REASON:
        raise click.UsageError(f"--reason has {len(reason)} characters; give 1 to {_MAX_REASON}.")
    with open_reader(path) as reader:
        before = {seq: reader.state(seq) for seq in seqs}
    changed = _through_door(path, lambda door: door.discard(list(before), reason))
    _report(path, before, changed, "pending rows and dead letters", as_json=as_json)


@outbox.command()
@click.option("--state", "states", multiple=True, type=click.Choice(STATES), help="Only these.")
@click.option("--delayed", is_flag=True, help="What is undelivered: pending and dead letters.")
@click.option("-o", "--output", metavar="FILE", help="File to write (mode 0600); - is stdout.")
@click.option(
    "--failure-queue",
    envvar="FAILURE_QUEUE_PATH",
    default="data/failure-queue.jsonl",
    show_default=True,
    help="Where --delayed writes without -o (FAILURE_QUEUE_PATH).",
)
@_at_outbox
def export(path: Path, output: str | None, *, delayed: bool, as_json: bool, **given: Any) -> None:
    """Write payloads as JSON lines, which `tpcapital import` reads.

    To stdout unless -o names a file; --delayed alone writes the failure queue's file. A file is
    replaced whole or not at all.
    """
    states: tuple[str, ...] = given["states"]
    if delayed and states:
        raise click.UsageError("Give --state or --delayed, not both.")
    states = ("pending", "dead_letter") if delayed else states
    target = output or (given["failure_queue"] if delayed else "-")
    with open_reader(path) as reader:
        if target == "-":
            outbox_export.write_stdout(reader, states)
            return
        rows = outbox_export.write_file(reader, states, Path(target))
    document = {"exported": rows, "file": target, "bytes": Size(Path(target).stat().st_size)}
    show(document, Facts("export", document), as_json=as_json)


@outbox.command()
@_at_outbox
@click.pass_context
def verify(ctx: click.Context, path: Path, *, as_json: bool) -> None:
    """Check the file: its structure, every payload against its SHA-256, and the counters."""
    with open_reader(path) as reader:
        faults = reader.faults()
    document = {"sound": not faults, "faults": faults}
    sheet = Sheet("", ("fault",), [[fault] for fault in faults], "sound")
    show(document, sheet, as_json=as_json)
    ctx.exit(1 if faults else 0)


@outbox.command()
@_at_outbox
def vacuum(path: Path, *, as_json: bool) -> None:
    """Give free pages back to the file system."""
    sizes: Sizes = _through_door(path, lambda door: door.vacuum())
    document = {"before_bytes": sizes.before, "after_bytes": sizes.after}
    facts = {"before": Size(sizes.before), "after": Size(sizes.after)}
    show(document, Facts("vacuum", facts), as_json=as_json)


def _through_door(path: Path, act: Act) -> Any:
    return anyio.run(partial(_act, path, act))


async def _act(path: Path, act: Act) -> Any:
    from ops.outbox_door import open_door

    async with open_door(path) as door:
        return await act(door)


def _report(
    path: Path, before: dict[int, str | None], changed: int, fit: str, *, as_json: bool
) -> None:
    """Show each row's state before and now; status 1 when none of them changed."""
    with open_reader(path) as reader:
        rows = [_turn(reader, seq, state) for seq, state in before.items()]
    sheet = Sheet(
        f"{changed} of {len(rows)} rows changed",
        ("seq", "before", "now"),
        [(row["seq"], row["before"] or "not there", row["now"]) for row in rows],
    )
    show({"changed": changed, "rows": rows}, sheet, as_json=as_json)
    if not changed:
        raise click.ClickException(
            f"nothing changed: it takes {fit}; `tpcapital outbox ls` shows them"
        )


def _turn(reader: OutboxReader, seq: int, before: str | None) -> dict[str, Any]:
    return {"seq": seq, "before": before, "now": reader.state(seq)}
