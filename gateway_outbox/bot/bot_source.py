"""The bot: long polling whose offset moves only after the commit.

At Telegram only a later call with a higher offset confirms. So the offset is taken from a batch
when the batch is on disk, and lives in memory: each process starts without one, gets what is
unconfirmed again, and the outbox knows what it has already. See docs/adr/own-polling.md.
"""

import logging
import random
import time
from collections import Counter
from datetime import UTC, datetime
from typing import Any, NamedTuple

import anyio
from anyio.abc import TaskStatus

from contracts.telemetry import Telemetry
from gateway_outbox import bot_channels
from gateway_outbox.bot.bot_api_source import TAKE_OVER, UPDATES, BotApi
from gateway_outbox.bot.bot_batch import BotBatch, read_batch
from gateway_outbox.bot.bot_notes import BotNotes
from gateway_outbox.bot.bot_trouble import BotTroubleError
from gateway_outbox.channels_file import Channels
from gateway_outbox.errors import LoginRequiredError
from gateway_outbox.flood_waits import FloodWaits
from gateway_outbox.outbox.outbox import Outbox
from gateway_outbox.relay.backoff import Backoff
from gateway_outbox.side_queues import SideQueues
from gateway_outbox.source import SourceState

log = logging.getLogger(__name__)

RETENTION_MS = 86_400_000
MARK = "bot_last_poll_ms"
_MARK_SECONDS = 60.0


class Polling(NamedTuple):
    """How to poll: `seconds` a request may wait, `backoff` between failed ones.

    `take_over` removes a webhook; a rival's conflict is shown for `conflict_seconds` after it.
    """

    backoff: Backoff
    take_over: bool = False
    seconds: int = 50  # Telegram's own limit
    conflict_seconds: float = 60.0


class BotSource:
    """One bot as a source of the service."""

    def __init__(  # noqa: PLR0913, PLR0917  # its parts
        self,
        api: BotApi,
        channels: Channels,
        outbox: Outbox,
        telemetry: Telemetry,
        polling: Polling,
        queues: SideQueues | None = None,
    ) -> None:
        self.state = SourceState("bot")
        self._api = api
        self._channels = channels
        self._outbox = outbox
        self._telemetry = telemetry
        self._polling = polling
        self._queues = queues or SideQueues()
        self._floods = FloodWaits(outbox, self.state, telemetry)
        self._notes = BotNotes(self.state, telemetry)
        self._failures: Counter[str] = Counter()
        self._offset: int | None = None
        self._retries = 0
        self._is_greeted = False
        self._answers = False  # the last request was answered: the next may wait long
        self._rivalry_until = 0.0
        self._marked_at = float("-inf")

    async def run(self, *, task_status: TaskStatus[None] = anyio.TASK_STATUS_IGNORED) -> None:
        """Poll until cancelled; the poll under way is given up, and no other confirms anything.

        Raises LoginRequiredError when Telegram does not know the token, OutboxFailedError when a
        batch cannot be committed; it is then not confirmed.
        """
        self.state.turn("connecting", self._api.base)
        task_status.started()
        await self._floods.load()
        if wait := self._floods.seconds(UPDATES):
            self.state.turn("transient", f"Telegram asked for a wait, {wait:.0f} s are left")
        await self._look_back()
        async with self._api:
            try:
                while True:
                    await self._turn()
            except LoginRequiredError as error:
                self.state.turn("login_required", str(error))
                raise

    async def _turn(self) -> None:
        """One request for updates, and whatever has to come before or after it."""
        try:
            if not self._is_greeted:
                await self._greet()
            await self._floods.obey(UPDATES)
            seconds = self._polling.seconds if self._answers else 0
            updates = await self._api.updates(self._offset, seconds)
            await self._keep(read_batch(updates, self._channels.accepts), len(updates))
        except BotTroubleError as trouble:
            self._answers = False
            await self._ride_out(trouble)
            return
        self._answers = True
        if anyio.current_time() >= self._rivalry_until:
            self._retries = 0
            self._connected()

    def _connected(self) -> None:
        if not self.state.connected:
            self._notes.listen()
            self.state.turn("connected", self._api.base)

    async def _greet(self) -> None:
        """See who we are, and whether the updates go elsewhere."""
        me = await self._asking("getMe", self._api.me)
        self.state.observed["bot"] = {
            "id": me.get("id"),
            "username": me.get("username"),
            "reads_all_of_groups": me.get("can_read_all_group_messages"),
        }
        if host := await self._asking("getWebhookInfo", self._api.webhook):
            if not self._polling.take_over:
                reason = f"a webhook is set: Telegram sends the updates to {host}"
                raise BotTroubleError("webhook", reason, advice=TAKE_OVER)
            await self._asking("deleteWebhook", self._api.delete_webhook)
            message = "webhook to %s removed (--take-over); what waits is kept"
            log.warning(message, host, extra={"action": "bot.webhook_removed"})
        if not self._channels.declared:
            log.warning(
                "no channel is declared, so whoever adds the bot to a channel or group of theirs"
                " can send signals. Declare yours in channels.toml or TELEGRAM_SOURCE_CHANNELS",
                extra={"action": "bot.undeclared"},
            )
        self._is_greeted = True

    async def _asking(self, request: str, ask: Any) -> Any:
        await self._floods.obey(request)
        return await ask()

    async def _keep(self, batch: BotBatch, count: int) -> None:
        """Commit the batch in one transaction; the offset moves only after that."""
        if count and batch.next_offset is None:
            raise BotTroubleError("garbage", f"{self._api.base} sent updates without ids")
        now = anyio.current_time()
        if not count and now - self._marked_at < _MARK_SECONDS:
            return
        along: list[tuple[str, list[tuple[object, ...]]]] = [("mark", [(MARK, _now_ms())])]
        along += bot_channels.notes(batch.hears, _now_ms())
        if batch.undecoded:
            along.append(("keep_undecoded", [*batch.undecoded]))
        if batch.rich:
            along.append(("keep_rich", [*batch.rich]))
        messages = self._queues.prepared(batch.messages)
        await self._outbox.append(messages, "bot", [*along, *self._queues.rows(messages)])
        self._marked_at = now
        if batch.next_offset is not None:
            self._offset = batch.next_offset
        self._notes.take(batch)

    async def _ride_out(self, trouble: BotTroubleError) -> None:
        """Show the trouble, and wait: what Telegram asks for, or longer each time."""
        self._failures[trouble.kind] += 1
        self.state.observed["failures"] = dict(self._failures)
        if trouble.kind in ("conflict", "webhook"):
            self._rivalry_until = anyio.current_time() + self._polling.conflict_seconds
        if trouble.kind == "webhook":
            self._is_greeted = False
        if self.state.condition == "transient" and self.state.reason != trouble.reason:
            log.warning("%s. %s", trouble.reason, trouble.advice, extra={"action": "bot.trouble"})
        self.state.turn("transient", trouble.reason, trouble.advice)
        if trouble.kind == "flood":
            # Waited for before the next request of this name, after a restart too.
            await self._floods.note(trouble.request, trouble.retry_after)
            return
        self._retries += 1
        await anyio.sleep(self._polling.backoff.wait(self._retries, random.random()))  # noqa: S311  # jitter

    async def _look_back(self) -> None:
        """Telegram keeps updates for 24 hours: say what is lost when we were away for longer."""
        rows = await self._outbox.read("marked", (MARK,))
        now = _now_ms()
        if not rows or now - rows[0][0] <= RETENTION_MS:
            return
        hole = {"from": _time(rows[0][0]), "to": _time(now - RETENTION_MS)}
        advice = (
            "Telegram keeps a bot's messages for 24 hours. The user session reads the missing ones"
            " by itself; `tpcapital backfill --channel … --since …` asks for them"
        )
        self.state.observed["hole"] = hole | {"advice": advice}
        log.warning(
            "the bot was away from %s on: messages up to %s may be missing. %s",
            hole["from"],
            hole["to"],
            advice,
            extra={"action": "bot.hole"} | hole,
        )


def _time(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="seconds")


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
