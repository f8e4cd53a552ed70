"""When channels are compared with Telegram: at once after a connect, on a timer, and on demand."""

import logging
from collections.abc import Callable
from itertools import islice

import anyio
from telethon import errors
from telethon.tl import functions, types

from gateway_outbox.source import SourceState
from gateway_outbox.user.channel_directory_source import ChannelDirectory
from gateway_outbox.user.reconcile_source import NoProgressError, Reconciliation
from gateway_outbox.user.request_source import Requests
from gateway_outbox.user.tracked_channel import MARK, TrackedChannel
from gateway_outbox.user.user_trouble_source import is_fatal, words_of

log = logging.getLogger(__name__)

PEERS = 100  # dialogs in one question
BY_CHANNEL = ("telegram_reconcile_lag_events", "telegram_last_update_timestamp_seconds")


class ReconcileTurns:
    """Runs the comparisons of one connection after the other.

    `on_done` is called once, after the first turn that went through all channels.
    """

    def __init__(
        self,
        reconciliation: Reconciliation,
        directory: ChannelDirectory,
        state: SourceState,
        seconds: float,
    ) -> None:
        self.on_done: Callable[[], None] | None = None
        self._reconciliation = reconciliation
        self._directory = directory
        self._state = state
        self._seconds = seconds
        self._wanted: set[int] | None = None  # None: all of them
        self._wake = anyio.Event()
        self._turned = anyio.Event()
        self._failed: dict[int, str] = {}

    def want(self, channel_id: int) -> None:
        """Compare this channel soon."""
        if self._wanted is not None:
            self._wanted.add(channel_id)
        self._wake.set()

    def want_all(self) -> None:
        """Compare every channel soon."""
        self._wanted = None
        self._wake.set()

    async def compare_all(self) -> None:
        """Compare every channel soon; returns once that is done."""
        self.want_all()
        while True:
            await self._turned.wait()
            if self._wanted is not None:  # the turn that ended had taken the wish
                return

    async def run(self, requests: Requests) -> None:
        """Compare until cancelled. Raises Telethon's errors when the connection breaks."""
        while True:
            with anyio.move_on_after(self._seconds) as timer:
                await self._wake.wait()
            wanted, self._wanted = None if timer.cancelled_caught else self._wanted, set()
            self._wake = anyio.Event()
            await self._turn(requests, wanted)
            self._turned.set()
            self._turned = anyio.Event()
            if self.on_done:
                self.on_done()
                self.on_done = None

    async def _turn(self, requests: Requests, wanted: set[int] | None) -> None:
        await self._directory.refresh(requests)
        chosen = [
            channel
            for channel in self._directory.followed()
            if wanted is None or channel.channel_id in wanted or channel.state == "new"
        ]  # one that has just been found may have been asked for by another id
        counters = await self._counters(requests, chosen)
        for channel in chosen:
            if channel.is_followed:
                await self._compare(requests, channel, counters.get(channel.channel_id))
        self._show()
        await self._reconciliation.show_held()

    async def _counters(
        self, requests: Requests, channels: list[TrackedChannel]
    ) -> dict[int, int | None]:
        """Telegram's counter of each channel that it tells one of, a hundred in one question."""
        found: dict[int, int | None] = {}
        waiting = iter(channels)
        while chunk := list(islice(waiting, PEERS)):
            peers = [
                types.InputDialogPeer(types.InputPeerChannel(each.bare_id, each.access_hash))
                for each in chunk
            ]
            try:
                answer = await requests.ask(functions.messages.GetPeerDialogsRequest(peers))
            except errors.RPCError as error:
                if is_fatal(error):
                    raise
                continue  # one of them is at fault; the comparison of each tells which
            await self._directory.learn(answer.chats)
            for dialog in answer.dialogs:
                if isinstance(dialog.peer, types.PeerChannel):
                    found[-MARK - dialog.peer.channel_id] = dialog.pts
        return found

    async def _compare(self, requests: Requests, channel: TrackedChannel, pts: int | None) -> None:
        """One channel; what is wrong with it alone does not keep the others from theirs."""
        try:
            await self._reconciliation.compare(requests, channel, pts)
        except (errors.RPCError, errors.TypeNotFoundError, NoProgressError) as error:
            if isinstance(error, errors.RPCError) and is_fatal(error):
                raise
            self._reconciliation.count_failure()
            if isinstance(error, errors.RPCError) and await self._directory.lose(channel, error):
                return
            reason = words_of(error)
            self._failed[channel.channel_id] = reason
            log.warning(
                "channel %d %s could not be compared: %s; it is tried again in %.0f s",
                channel.channel_id,
                channel.title,
                reason,
                self._seconds,
                extra={"action": "channel.failed", "channel": channel.channel_id},
            )
        else:
            self._failed.pop(channel.channel_id, None)
            await self._directory.mark_tracked(channel)

    def _show(self) -> None:
        for name in BY_CHANNEL:
            numbers = self._state.gauges.get(name)
            if isinstance(numbers, dict):
                for label in [each for each in numbers if not self._directory.follows(int(each))]:
                    del numbers[label]
        alarms = self._state.alarms
        alarms.pop("reconcile", None)
        failed = {id_: why for id_, why in self._failed.items() if self._directory.follows(id_)}
        if failed:
            words = ", ".join(f"{id_} ({why})" for id_, why in sorted(failed.items()))
            alarms["reconcile"] = f"{len(failed)} channels could not be compared: {words}"
