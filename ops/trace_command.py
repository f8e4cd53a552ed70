"""`tpcapital trace`: one message's story across both services."""

from datetime import datetime
from pathlib import Path
from typing import Any

import click
import msgspec

from contracts.message import Key
from ops import trace_logs
from ops.dsn_option import database_option
from ops.outbox_option import outbox_option
from ops.outbox_views import brief
from ops.rendering import Facts, Sheet, json_option, show
from ops.trace_story import Event, Story


class MessageName(click.ParamType[Key]):
    """CHANNEL/MESSAGE as two numbers."""

    name = "CHANNEL/MESSAGE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Key:
        """The key; a usage error for what is none."""
        channel, slash, message = str(value).rpartition("/")
        if not slash or not channel.removeprefix("-").isdecimal() or not message.isdecimal():
            self.fail(f"{value!r} is not like -1001234567890/42", param, ctx)
        return Key(int(channel), int(message))


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("message", type=MessageName(), metavar="CHANNEL/MESSAGE")
@outbox_option()
@database_option
@click.option(
    "--log",
    "logs",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A log file of a service, beside journald's and Docker's; once for each.",
)
@json_option
def trace(message: Key, *, as_json: bool, **places: Any) -> None:
    """Tell the story of one message: outbox rows, ledger, texts, signal, and log lines of both.

    CHANNEL is the marked id (-100…), MESSAGE Telegram's number of it. What cannot be read is said
    and left out. Exit status 1: nothing is known of the message.
    """
    story = Story(message)
    story.read_outbox(places["outbox"])
    story.read_database(places["dsn"])
    lines = _lines(story, places["logs"])
    if closed := trace_logs.journal_is_closed():
        story.notes.append(closed)
    document = _document(story, lines)
    show(document, *_parts(story, lines), as_json=as_json)
    click.get_current_context().exit(0 if story.is_known else 1)


def _lines(story: Story, files: tuple[Path, ...]) -> list[dict[str, Any]]:
    """Lines of the files and of the supervisors, in the order of their times."""
    keys = {story.key, story.stored_as}
    found = trace_logs.lines_about(trace_logs.of_files(files), keys, story.traces)
    ours = [event.at for event in story.events if event.where != "telegram"]
    if ours:
        sources = trace_logs.of_supervisors(min(ours))
        found += trace_logs.lines_about(sources, keys, story.traces)
    return sorted(found, key=lambda line: str(line.get("time")))


def _document(story: Story, lines: list[dict[str, Any]]) -> dict[str, Any]:
    document = {
        "channel_id": story.key.channel_id,
        "message_id": story.key.message_id,
        "stored_as": story.stored_as._asdict(),
        "verdict": story.verdict(),
        "traces": story.traces,
        "story": [event._asdict() for event in story.in_order],
        "outbox": [brief(row) for row in story.rows],
        "purged": story.is_purged,
        "ledger": story.one("select_message"),
        "texts": story.found.get("select_revisions", []),
        "signal": story.one("select_signals"),
        "follow_up": story.one("select_follow_up"),
        "log": lines,
        "notes": story.notes,
    }
    plain: dict[str, Any] = msgspec.to_builtins(document)
    return plain


def _parts(story: Story, lines: list[dict[str, Any]]) -> tuple[Sheet | Facts, ...]:
    facts = {"verdict": story.verdict(), "trace": ", ".join(story.traces) or None}
    if story.stored_as != story.key:
        facts["stored as"] = "/".join(map(str, story.stored_as))
    facts |= {f"note {number}": note for number, note in enumerate(story.notes, 1)}
    told = [_told(event) for event in story.in_order]
    said = [
        (line.get("time"), line["log"], line.get("level"), line.get("message")) for line in lines
    ]
    return (
        Facts("/".join(map(str, story.key)), facts),
        Sheet("story", ("time", "where", "what"), told, "no story"),
        Sheet("log", ("time", "log", "level", "message"), said, "no log lines"),
    )


def _told(event: Event) -> tuple[str, str, str]:
    return _time(event.at), event.where, event.what


def _time(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
