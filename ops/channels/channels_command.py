"""`tpcapital channels`: which channels are read, how they are, and what is decided about them."""

import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import anyio
import click
from msgspec.structs import replace
from rich.console import Console
from rich.text import Text

from gateway_outbox.channels_file import declared_by
from gateway_outbox.errors import ChannelsFileError
from ops.channels import channel_views
from ops.channels.channel_names import channels_file_option, id_of, in_environment, known_channels
from ops.channels.channels_edit import ChannelsEdit
from ops.number import WholeNumber
from ops.outbox.outbox_reader import open_reader
from ops.outbox_option import outbox_option
from ops.rendering import Facts, harmless, json_option, show

F = TypeVar("F", bound=Callable[..., Any])

# So that -100… is an argument and not a row of options.
NEGATIVE = {"ignore_unknown_options": True}
_NEXT_START = "no gateway runs; the next start reads it"


def _at_channels(function: F) -> F:
    """The options that every subcommand has."""
    outbox = outbox_option("path")
    return channels_file_option(outbox(json_option(function)))


@click.group()
def channels() -> None:
    """Declare which channels are read, and see how they are.

    CHANNEL is a marked id (-100…), a public name (@…) or a t.me link; what is declared already can
    also be named by its label. A running gateway takes a change at once, without a reconnect.
    """


@channels.command("list")
@_at_channels
def list_channels(file: Path, path: Path, *, as_json: bool) -> None:
    """List the declared channels, and those that messages came from."""
    rows = channel_views.listed(ChannelsEdit(file).declared, in_environment(), known_channels(path))
    show(rows, channel_views.list_sheet(rows), as_json=as_json)


@channels.command(context_settings=NEGATIVE)
@click.argument("channel")
@click.option("--label", default="", help="Your name for it.")
@click.option(
    "--role",
    type=click.Choice(("source", "destination")),
    default="source",
    show_default=True,
    help="Read from it, or forward to it.",
)
@click.option("--disabled", is_flag=True, help="Declare it, and do not read it yet.")
@_at_channels
def add(file: Path, path: Path, channel: str, *, as_json: bool, **given: Any) -> None:
    """Declare a channel."""
    edit = ChannelsEdit(file)
    declared = declared_by(channel, label=given["label"], role=given["role"])
    edit.add(replace(declared, enabled=not given["disabled"]))
    _write(edit, path, {"added": str(declared.key)}, as_json=as_json)


@channels.command(context_settings=NEGATIVE)
@click.argument("channel")
@_at_channels
def remove(file: Path, path: Path, channel: str, *, as_json: bool) -> None:
    """Declare a channel no longer; what was received stays."""
    edit = ChannelsEdit(file)
    _refuse_environment(edit, channel)
    _write(edit, path, {"removed": str(edit.remove(channel).key)}, as_json=as_json)


@channels.command(context_settings=NEGATIVE)
@click.argument("channel")
@_at_channels
def enable(file: Path, path: Path, channel: str, *, as_json: bool) -> None:
    """Read a declared channel (again)."""
    _turn(file, path, channel, enabled=True, as_json=as_json)


@channels.command(context_settings=NEGATIVE)
@click.argument("channel")
@_at_channels
def disable(file: Path, path: Path, channel: str, *, as_json: bool) -> None:
    """Leave a declared channel unread until it is enabled."""
    _turn(file, path, channel, enabled=False, as_json=as_json)


@channels.command(context_settings=NEGATIVE)
@click.argument("channel", required=False)
@click.option("--apply", "decision", flag_value="apply", help="Take the deletions over.")
@click.option("--dismiss", "decision", flag_value="dismiss", help="Keep the messages.")
@_at_channels
def deletions(
    file: Path, path: Path, channel: str | None, decision: str | None, *, as_json: bool
) -> None:
    """List mass deletions that are held, or decide about those of CHANNEL."""
    if bool(channel) != bool(decision):
        raise click.UsageError("Give a CHANNEL together with --apply or --dismiss.")
    if channel is None or decision is None:
        with open_reader(path) as reader:
            rows = reader.held_deletions()
        show(rows, channel_views.held_sheet(rows), as_json=as_json)
        return
    channel_id = id_of(channel, file, path)
    changed: int = anyio.run(_decide, path, decision, channel_id)
    document = {"channel_id": channel_id, "decision": decision, "changed": changed}
    show(document, Facts("deletions", document), as_json=as_json)
    if not changed:
        raise click.ClickException(f"no deletion of {channel} is held; nothing was changed")


@channels.command(context_settings=NEGATIVE)
@click.argument("channel", required=False)
@click.option("--fill", is_flag=True, help="Store what is missing.")
@click.option("--from-id", type=WholeNumber(1), help="From this message id on.")
@_at_channels
def check(  # noqa: PLR0913  # its options
    file: Path,
    path: Path,
    channel: str | None,
    from_id: int | None,
    *,
    fill: bool,
    as_json: bool,
) -> None:
    """Compare the history of CHANNEL, or of all, with what is stored, and show the gaps.

    The running gateway asks Telegram, a hundred messages a second; from the oldest stored message
    on, unless --from-id says otherwise. Status 1 when messages are missing and were not stored.
    """
    from ops.channels import channels_check

    asked = _asked_for(channel, file, path)
    with _status() as tell:
        documents = anyio.run(
            partial(channels_check.check_all, path, asked, from_id, tell, fill=fill)
        )
    show(documents, channels_check.sheet(documents), as_json=as_json)
    _ensure_whole(documents)


def _asked_for(channel: str | None, file: Path, path: Path) -> list[dict[str, Any]]:
    """The channel that was named, or all that are followed."""
    known = [each for each in known_channels(path) if each["state"] in ("new", "tracked")]
    if channel is None:
        return known
    channel_id = id_of(channel, file, path)
    named = [each for each in known if each["channel_id"] == channel_id]
    return named or [{"channel_id": channel_id, "title": ""}]


def _ensure_whole(documents: list[dict[str, Any]]) -> None:
    if failed := [each for each in documents if each["error"]]:
        raise click.ClickException("; ".join(each["error"] for each in failed))
    lacking = sum(len(each["missing"]) - each["filled"] for each in documents)
    if lacking:
        raise click.ClickException(f"{lacking} messages are missing; --fill stores them")


def _turn(file: Path, path: Path, channel: str, *, enabled: bool, as_json: bool) -> None:
    edit = ChannelsEdit(file)
    _refuse_environment(edit, channel)
    word = "enabled" if enabled else "disabled"
    if not edit.turn(channel, enabled=enabled):
        raise click.ClickException(f"{channel} is {word} already; nothing was changed")
    _write(edit, path, {word: channel}, as_json=as_json)


def _write(edit: ChannelsEdit, path: Path, document: dict[str, Any], *, as_json: bool) -> None:
    edit.write()
    document["gateway"] = anyio.run(_reload, path)
    show(document, Facts("channels", document), as_json=as_json)


@contextmanager
def _status() -> Iterator[Callable[[str], None]]:
    """What is being done, on a terminal; nothing in a pipe."""
    if not sys.stderr.isatty():
        yield lambda _words: None
        return
    with Console(stderr=True, markup=False).status("asking") as status:
        yield lambda words: status.update(Text(harmless(words)))


async def _reload(path: Path) -> str:
    from ops.gateway_client import running_gateway

    async with running_gateway(path) as gateway:
        if gateway is None:
            return _NEXT_START
        answer = await gateway.post("/channels/reload", {})
    return f"told: {answer['declared']} channels declared"


async def _decide(path: Path, decision: str, channel_id: int) -> int:
    from ops.outbox.outbox_door import open_door

    async with open_door(path) as door:
        act: Callable[[int], Awaitable[int]]
        act = door.apply_deletions if decision == "apply" else door.dismiss_deletions
        return await act(channel_id)


def _refuse_environment(edit: ChannelsEdit, word: str) -> None:
    """What a variable declares, no edit of the file can take back."""
    given = {each.key for each in in_environment()}
    keys = {each.key for each in edit.declared}
    if word not in {each.label for each in edit.declared} and declared_by(word).key in given - keys:
        raise ChannelsFileError(
            f"{word} is declared by TELEGRAM_SOURCE_CHANNELS or TELEGRAM_DESTINATION_CHANNEL_ID;"
            " take it out there"
        )
