"""What a bot's batches tell about it beside their messages: for health, metrics and the log."""

import logging
import time
from collections import Counter
from typing import Any

from contracts.telemetry import Telemetry
from gateway_outbox.bot.bot_batch import BotBatch
from gateway_outbox.bot.bot_message import Membership, Migration
from gateway_outbox.source import SourceState

log = logging.getLogger(__name__)

# Anyone can add a bot to a channel of their own, so the list must have an end.
MAX_CHATS = 100
_LAST_UPDATE = "telegram_last_update_timestamp_seconds"

_ADVICE = {
    "left": "add it again, as an administrator; until then nothing is heard from there",
    "kicked": "add it again, as an administrator; until then nothing is heard from there",
    "member": "make it an administrator, else privacy mode hides the messages from it",
    "restricted": "make it an administrator, else some messages may be hidden from it",
}


class BotNotes:
    """Counts what was committed, and remembers what happened to the bot."""

    def __init__(self, state: SourceState, telemetry: Telemetry) -> None:
        self._state = state
        self._telemetry = telemetry
        self._skipped: Counter[str] = Counter()
        self._chats: dict[str, dict[str, Any]] = {}
        self._last: dict[str, float] = {}
        self._live_since = time.time()

    def listen(self) -> None:
        """From now on messages come as they are sent; older ones waited for us."""
        self._live_since = time.time()

    def take(self, batch: BotBatch) -> None:
        """The batch was committed."""
        state, now = self._state, time.time()
        state.note_received(len(batch.messages))
        for message in batch.messages:
            self._last.pop(str(message.channel_id), None)
            self._last[str(message.channel_id)] = now
            if len(self._last) > MAX_CHATS:
                del self._last[next(iter(self._last))]
        for message in batch.fresh:
            if (sent := message.timestamp.timestamp()) >= self._live_since:
                delay = max(0.0, now - sent)  # the two clocks are not one
                self._telemetry.record("telegram_receive_delay_seconds", delay, source="bot")
        if batch.messages:
            state.gauges[_LAST_UPDATE] = dict(self._last)
        if batch.skipped:
            self._skipped.update(batch.skipped)
            state.skipped = self._skipped.total()
            state.observed["skipped_by_reason"] = dict(self._skipped)
        if batch.undecoded:
            self._undecoded(batch)
        for note in batch.notes:
            self._migrated(note) if isinstance(note, Migration) else self._changed(note)

    def _undecoded(self, batch: BotBatch) -> None:
        count = len(batch.undecoded)
        self._telemetry.add("telegram_undecoded_updates_total", count, source="bot")
        observed = self._state.observed
        observed["undecoded"] = observed.get("undecoded", 0) + count
        log.warning(
            "%d updates could not be read and were kept raw in the table `undecoded`: %s",
            count,
            batch.undecoded[0][2],
            extra={"action": "bot.undecoded"},
        )

    def _changed(self, change: Membership) -> None:
        advice = _ADVICE.get(change.status, "")
        self._show(
            change.chat_id, {"title": change.title, "status": change.status, "advice": advice}
        )
        log.log(
            logging.WARNING if advice else logging.INFO,
            "the bot is %s in %s (%d)%s",
            change.status,
            change.title,
            change.chat_id,
            f": {advice}" if advice else "",
            extra={"action": "bot.membership", "channel": change.chat_id, "status": change.status},
        )

    def _migrated(self, move: Migration) -> None:
        advice = f"declare {move.new_id} instead of {move.chat_id}, if it is declared"
        self._show(move.chat_id, {"status": "migrated", "new_id": move.new_id, "advice": advice})
        log.warning(
            "group %d became supergroup %d: %s",
            move.chat_id,
            move.new_id,
            advice,
            extra={"action": "bot.migrated", "channel": move.chat_id},
        )

    def _show(self, chat_id: int, note: dict[str, Any]) -> None:
        self._chats.pop(str(chat_id), None)
        self._chats[str(chat_id)] = note
        if len(self._chats) > MAX_CHATS:
            del self._chats[next(iter(self._chats))]
        self._state.observed["chats"] = dict(self._chats)
