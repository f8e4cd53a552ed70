"""What the user session received of one channel, into the outbox: messages and deletions.

The live path and the reconciliation both end here, so that each says the same about a message.
"""

import json
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import anyio

from contracts.message import Message
from contracts.telemetry import Telemetry
from gateway_outbox.outbox.held_deletions import held_rows, tombstone
from gateway_outbox.outbox.outbox import Along, Outbox
from gateway_outbox.outbox.outbox_row import revision_of
from gateway_outbox.side_queues import SideQueues
from gateway_outbox.source import SourceState
from gateway_outbox.untrusted import UnreadableError
from gateway_outbox.user.user_message import marked, raw, read_message

SOURCE = "user"


@dataclass
class Received:
    """Of one channel: messages as Telethon's `to_dict()` gives them, and the ids of deleted ones.

    An edit is a message like any other: the newest revision wins, wherever it comes from.
    `is_history`: read because somebody wanted to have it, and no news.
    """

    channel_id: int
    items: list[dict[str, Any]] = field(default_factory=list)
    deleted: list[int] = field(default_factory=list)
    is_history: bool = False


class UserIntake:
    """Commits what was received, and what is queued beside it.

    `max_deletions`: more at a time are held for an operator.
    """

    def __init__(
        self,
        outbox: Outbox,
        telemetry: Telemetry,
        state: SourceState,
        max_deletions: int,
        queues: SideQueues | None = None,
    ) -> None:
        self.outbox = outbox
        self.state = state
        self._telemetry = telemetry
        self._max_deletions = max_deletions
        self._queues = queues or SideQueues()
        self._turn = anyio.Lock()

    async def take(self, received: Received, along: Along = ()) -> None:
        """Commit all of it, with `along`, in one transaction, one caller after the other.

        Raises OutboxFailedError; nothing of it is then there, and no cursor has moved.
        """
        async with self._turn:  # what one path is about to delete, the other must not count too
            await self._take(received, along)

    async def _take(self, received: Received, along: Along) -> None:
        channel_id = received.channel_id
        messages, unread, beside_them = _read(received.items)
        messages = self._queues.prepared(messages)
        sent = {message.message_id: message.timestamp for message in messages}
        deletions, beside = await self._deletions(channel_id, received.deleted, sent)
        queued = self._queues.rows(messages, is_news=not received.is_history)
        everything = [*along, *beside, *queued, *unread, *beside_them]
        appended = await self.outbox.append([*messages, *deletions], SOURCE, everything)
        for _, rows in unread:
            self._telemetry.add("telegram_undecoded_updates_total", len(rows), source=SOURCE)
        self.state.note_received(appended.stored)
        if appended.stored:
            self._note_update(channel_id)
        if beside:
            await self.show_held()

    async def show_held(self) -> None:
        """Tell in the state how many deletions wait for an operator, and what to type."""
        held = await self.outbox.read("held_counts")
        self.state.alarms.pop("held_deletions", None)
        if held:
            words = ", ".join(f"{count} in {channel_id}" for channel_id, count in held)
            self.state.alarms["held_deletions"] = (
                f"deletions held, too many at once: {words}. See them and decide:"
                " tpcapital channels deletions"
            )

    async def _deletions(
        self, channel_id: int, ids: Sequence[int], sent: dict[int, datetime]
    ) -> tuple[list[Message], Along]:
        """Tombstones, or the rows that hold the deletions back when there are too many."""
        if not ids:
            return [], []
        known = await self.outbox.read("known_messages", (channel_id, json.dumps(sorted(set(ids)))))
        fresh = {
            id_: sent.get(id_) or (at and datetime.fromisoformat(at))
            for id_, at, is_noted in known
            if not is_noted
        }
        unknown = sum(at is None for at in fresh.values())
        if len(fresh) > self._max_deletions:
            self._count("held", len(fresh))
            return [], held_rows(channel_id, fresh)
        self._count("applied", len(fresh) - unknown)
        self._count("unknown", unknown)
        now = datetime.now(UTC)
        return [tombstone(channel_id, id_, now, at) for id_, at in fresh.items()], []

    def _count(self, result: str, count: int) -> None:
        self._telemetry.add("telegram_deletions_total", count, result=result)

    def _note_update(self, channel_id: int) -> None:
        times = self.state.gauges.setdefault("telegram_last_update_timestamp_seconds", {})
        if isinstance(times, dict):
            times[str(channel_id)] = time.time()


def _read(items: Iterable[dict[str, Any]]) -> tuple[list[Message], Along, Along]:
    """Messages; rows for what could not be read; rows for migrations and for rich messages."""
    messages: list[Message] = []
    unread: list[tuple[object, ...]] = []
    migrated: list[tuple[object, ...]] = []
    rich: list[tuple[object, ...]] = []
    now_ms = time.time_ns() // 1_000_000
    for item in items:
        try:
            message = read_message(item)
        except UnreadableError as error:
            unread.append((SOURCE, raw(item), str(error), now_ms))
            continue
        if message:
            messages.append(message)
            if item.get("rich_message"):
                rich.append(_rich_row(message, item))
        elif old := _migrated_from(item):
            migrated.append((*old, now_ms))
    messages.sort(key=lambda message: message.message_id)
    return (
        messages,
        [("keep_undecoded", unread)] if unread else [],
        [(q, rows) for q, rows in (("note_migration", migrated), ("keep_rich", rich)) if rows],
    )


def _rich_row(message: Message, item: dict[str, Any]) -> tuple[object, ...]:
    place = (message.channel_id, message.message_id, revision_of(message))
    return (*place, SOURCE, raw(item))


def _migrated_from(item: dict[str, Any]) -> tuple[int, int] | None:
    """The marked ids of the basic group that became this supergroup, and of the supergroup."""
    action, now = item.get("action"), marked(item.get("peer_id"))
    if not isinstance(action, dict) or action.get("_") != "MessageActionChannelMigrateFrom":
        return None
    chat_id = action.get("chat_id")
    return (-chat_id, now) if now is not None and type(chat_id) is int and chat_id > 0 else None
