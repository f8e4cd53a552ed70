"""A batch of updates, read: what is to be committed, and what is to be told after that."""

import json
import time
from collections import Counter
from typing import Any, NamedTuple

from contracts.message import Message
from gateway_outbox.bot.bot_message import (
    MESSAGES,
    Accepts,
    Membership,
    Migration,
    read_update,
)
from gateway_outbox.outbox.outbox_row import revision_of
from gateway_outbox.replay.entry import Skipped
from gateway_outbox.untrusted import UnreadableError

MAX_RAW_BYTES = 512 * 1024  # what Telegram itself limits an update to


class BotBatch(NamedTuple):
    """`fresh` are the messages that were not edits.

    `undecoded` and `rich` are the rows of `keep_undecoded` and `keep_rich`; `hears` says of each
    channel that was spoken of whether the bot reads it after this batch.
    """

    messages: list[Message]
    fresh: list[Message]
    undecoded: list[tuple[str, bytes, str, int]]
    rich: list[tuple[int, int, int, str, bytes]]
    skipped: Counter[str]
    notes: list[Membership | Migration]
    hears: dict[int, bool]
    next_offset: int | None


def read_batch(updates: list[dict[str, Any]], accepts: Accepts) -> BotBatch:
    """Read each by itself: one that cannot be read is kept raw and stops nobody. Never raises.

    `next_offset` is None where no update has an id: then there is nothing to confirm.
    """
    ids = [update["update_id"] for update in updates if type(update.get("update_id")) is int]
    batch = BotBatch([], [], [], [], Counter(), [], {}, max(ids) + 1 if ids else None)
    for update in updates:
        try:
            _sort(batch, update, accepts)
        except UnreadableError as error:
            batch.undecoded.append(("bot", _raw(update), str(error), _now_ms()))
    return batch


def _sort(batch: BotBatch, update: dict[str, Any], accepts: Accepts) -> None:
    found = read_update(update, accepts)
    if isinstance(found, Message):
        batch.messages.append(found)
        batch.hears[found.channel_id] = True
        if any("rich_message" in (update.get(kind) or {}) for kind in MESSAGES):
            place = (found.channel_id, found.message_id, revision_of(found))
            batch.rich.append((*place, "bot", _raw(update)))
        if any(is_new and kind in update for kind, is_new in MESSAGES.items()):
            batch.fresh.append(found)
    elif isinstance(found, Skipped):
        batch.skipped[found.reason] += 1
    else:
        batch.notes.append(found)
        if isinstance(found, Membership):
            _hear(batch, found, accepts)


def _hear(batch: BotBatch, change: Membership, accepts: Accepts) -> None:
    if change.status in ("left", "kicked"):
        batch.hears[change.chat_id] = False
    elif change.status == "administrator" and accepts(change.chat_id, None):
        batch.hears[change.chat_id] = True


def _raw(update: dict[str, Any]) -> bytes:
    try:
        return json.dumps(update).encode()[:MAX_RAW_BYTES]
    except RecursionError:  # nested as deep as it could just be read
        return b'"nested too deeply to be written down"'


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
