"""`tpcapital backfill`: a channel's history into the outbox, read by the running gateway."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from ops.channel_names import channels_file_option, id_of
from ops.gateway_client import GatewayClient, needed_gateway
from ops.number import WholeNumber
from ops.outbox_option import outbox_option
from ops.rendering import Age, Facts, json_option, show

LOOK_SECONDS = 0.5
_INT64_MAX = 2**63 - 1


@click.command()
@click.option("--channel", required=True, help="Id (-100…), public name (@…) or label.")
@click.option("--since", metavar="DATE", help="From this day or time on (2026-11-01, or ISO 8601).")
@click.option("--from-id", type=WholeNumber(1, _INT64_MAX), help="From this message id on.")
@click.option("--dry-run", is_flag=True, help="Tell how much that is; read nothing.")
@click.option("--no-wait", is_flag=True, help="Begin, and leave the rest to the gateway.")
@channels_file_option
@outbox_option("path")
@json_option
def backfill(channel: str, file: Path, path: Path, *, as_json: bool, **given: Any) -> None:
    """Read a channel's history into the outbox, oldest first.

    The running gateway reads it, over its one connection and slowly enough for Telegram. It goes
    on when this command is ended, and after a restart where it was. Without --since or --from-id
    it begins at the channel's first message. What is stored already counts as found, not stored.
    """
    if given["since"] and given["from_id"]:
        raise click.UsageError("Give --since or --from-id, not both.")
    since = _time(given["since"])
    body = {
        "channel_id": id_of(channel, file, path),
        "since": since and since.isoformat(),
        "from_id": given["from_id"],
        "dry_run": given["dry_run"],
    }
    wait = not (given["dry_run"] or given["no_wait"])
    document = anyio.run(partial(_backfill, path, body, wait=wait))
    show(document, Facts(f"history of {channel}", _facts(document)), as_json=as_json)
    found = document["backfill"]
    if wait and found and found["state"] == "failed":
        raise click.ClickException(f"the history was not read to its end: {found['reason']}")


async def _backfill(path: Path, body: dict[str, Any], *, wait: bool) -> dict[str, Any]:
    async with needed_gateway(path) as gateway:
        document = await gateway.post("/backfill/start", body)
        asked = {"channel_id": body["channel_id"]}
        found = await gateway.post("/backfill/status", asked)
        if wait and found["backfill"]:
            found = await _follow(gateway, asked, found)
    return {**body, **document, "backfill": None if body["dry_run"] else found["backfill"]}


async def _follow(
    gateway: GatewayClient, asked: dict[str, int], found: dict[str, Any]
) -> dict[str, Any]:
    """Look until it is read, a bar on a terminal."""
    with _progress() as progress:
        task = progress.add_task("reading")
        while True:
            state = found["backfill"]
            span = state["last_id"] - state["first_id"] + 1
            done = min(state["next_id"] - state["first_id"], span)
            words = f"{state['found']} messages, {state['stored']} new"
            if not found["connected"]:
                words += " (waits for the connection to Telegram)"
            progress.update(task, completed=done, total=span, description=words)
            if state["state"] != "running":
                return found
            await anyio.sleep(LOOK_SECONDS)
            found = await gateway.post("/backfill/status", asked)


def _time(word: str | None) -> datetime | None:
    """A day begins at midnight here; a time without an offset is a time here."""
    if word is None:
        return None
    try:
        day = date.fromisoformat(word)
        return datetime(day.year, day.month, day.day).astimezone()  # of this place
    except ValueError:
        pass
    try:
        return datetime.fromisoformat(word).astimezone()
    except ValueError:
        raise click.UsageError(
            f"--since {word!r} is no time; give a day (2026-11-01) or ISO 8601."
        ) from None


@contextmanager
def _progress() -> Iterator[Progress]:
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    console = Console(stderr=True, markup=False)
    with Progress(*columns, console=console, disable=not sys.stderr.isatty()) as progress:
        yield progress


def _facts(document: dict[str, Any]) -> dict[str, Any]:
    found = document["backfill"] or {}
    return {
        "messages": f"{document['first_id']} to {document['last_id']}",
        "at most": document["most_messages"],
        "here already": document["stored"],
        "estimate": Age(document["seconds"]),
        **(
            {"state": found["state"], "found": found["found"], "new": found["stored"]}
            if found
            else {}
        ),
    }
