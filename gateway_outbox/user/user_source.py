"""The user session as a source: one connection at a time, kept up for as long as it takes.

Each connection carries the live path, the comparison with Telegram, a heartbeat and the lanes;
whatever breaks it ends all of them, and the next one begins with a comparison.
"""

import logging
import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

import anyio
import stamina
from anyio.abc import TaskStatus
from telethon import TelegramClient, errors
from telethon.sessions import SQLiteSession
from telethon.tl import functions, types

from contracts.telemetry import Telemetry
from gateway_outbox.channels_file import Channels
from gateway_outbox.errors import AccountBannedError, SourceLostError
from gateway_outbox.flood_waits import FloodWaits
from gateway_outbox.outbox.outbox import Outbox
from gateway_outbox.relay.backoff import Backoff
from gateway_outbox.session.session_file import hold_session, session_path
from gateway_outbox.settings import Settings
from gateway_outbox.source import SourceState
from gateway_outbox.user.channel_directory_source import ChannelDirectory
from gateway_outbox.user.clock_jump import ClockJump
from gateway_outbox.user.live_source import LivePath
from gateway_outbox.user.reconcile_source import Reconciliation
from gateway_outbox.user.reconcile_turn_source import ReconcileTurns
from gateway_outbox.user.request_source import PATIENCE, Lane, Requests, answered
from gateway_outbox.user.tracked_channel import TrackedChannel
from gateway_outbox.user.user_client_source import client_of, close, open_session
from gateway_outbox.user.user_intake import SOURCE, UserIntake
from gateway_outbox.user.user_trouble_source import ConnectionLostError, judged

log = logging.getLogger(__name__)

KEY_TRIES = 3
MAX_JUMP = 20.0  # seconds; from 30 on Telethon throws messages away
BACKOFF = Backoff(3, 4.0, 60.0)


@dataclass(frozen=True, kw_only=True)
class Pace:
    """Times of the user source in seconds; the defaults are for Telegram, tests have shorter ones.

    A connection that held for `steady` was a good one: the next trouble begins with short waits.
    The heartbeat is answered within `answer`, any other request within `patience`.
    """

    heartbeat: float = 60.0
    answer: float = 10.0
    connect: float = 20.0
    patience: float = PATIENCE
    clock: float = 1.0
    steady: float = 30.0
    unknown_key: float = 15.0
    crowded: float = 300.0
    retry_channel: float = 3600.0
    backoff: Backoff = BACKOFF
    stuck: Backoff = BACKOFF


class UserSource:
    """A source of the service; `channels` is kept up to date for whoever wants to look.

    `lanes` run beside the reception, on the same connection. `intake` is for who shares it.
    """

    def __init__(  # noqa: PLR0913  # the composition of all its parts
        self,
        settings: Settings,
        channels: Channels,
        outbox: Outbox,
        telemetry: Telemetry,
        *,
        lanes: Sequence[Lane] = (),
        intake: UserIntake | None = None,
        pace: Pace | None = None,
    ) -> None:
        if intake is None:
            intake = UserIntake(outbox, telemetry, SourceState(SOURCE), settings.max_deletions)
        self.state = intake.state
        self._settings = settings
        self._lanes = lanes
        self._pace = pace or Pace()
        self._floods = FloodWaits(outbox, self.state, telemetry)
        self._directory = ChannelDirectory(
            channels,
            outbox,
            self.state,
            self._pace.retry_channel,
            has_bot=settings.telegram_ingestion_bot_token is not None,
        )
        first_sight = settings.first_sight_messages
        self._turns = ReconcileTurns(
            Reconciliation(intake, telemetry, self.state, first_sight, self._pace.stuck),
            self._directory,
            self.state,
            settings.reconcile_seconds,
        )
        self._live = LivePath(intake, self._directory, telemetry, self._turns.want)
        channels.on_change(self._turns.want_all)
        self._retries = 0
        self._unknown_keys = 0

    @property
    def channels(self) -> dict[int, TrackedChannel]:
        """The declared channels that are known, by marked id."""
        return self._directory.channels

    async def compare_all(self) -> None:
        """Compare every channel soon; returns once that is done."""
        await self._turns.compare_all()

    async def run(self, *, task_status: TaskStatus[None] = anyio.TASK_STATUS_IGNORED) -> None:
        """Receive until cancelled; started once all channels have been compared a first time.

        Raises LoginRequiredError or AccountBannedError, after the state says so, and
        AlreadyRunningError when another process has the session: there is never a second
        connection with its key.
        """
        path = session_path(self._settings)
        await self._floods.load()
        await self._directory.load()
        self._turns.on_done = task_status.started
        try:
            with hold_session(path):
                async with open_session(self._settings, path) as session:
                    await self._keep_connected(session)
        except SourceLostError as error:
            is_ban = isinstance(error, AccountBannedError)
            self.state.turn("banned" if is_ban else "login_required", str(error))
            raise

    async def _keep_connected(self, session: SQLiteSession) -> None:
        """One connection after the other, for ever, with growing waits between failed ones."""
        async for attempt in stamina.retry_context(on=self._wait, attempts=None, timeout=None):
            with attempt:
                await self._connection(client_of(session, self._settings))

    def _wait(self, error: Exception) -> float | bool:
        """Seconds until the next connection; False (it is raised) when there must be none."""
        if not isinstance(error, ConnectionLostError):
            return False
        self._retries += 1
        floor = self._pace.unknown_key if error.is_key_unknown else 0.0
        floor = self._pace.crowded if error.is_crowded else floor
        wait = self._pace.backoff.wait(self._retries, random.random(), floor)  # noqa: S311  # jitter
        if str(error) != self.state.reason:  # else it was turned to "silent" with these words
            self.state.turn("transient", str(error), "It is tried again by itself.")
        log.info("user session: next try in %.1f s", wait, extra={"action": "source.retry"})
        return wait

    async def _connection(self, client: TelegramClient) -> None:
        """Connect and stay. Raises ConnectionLostError when it broke, never returns."""
        begun = math.inf
        try:
            if self.state.condition in ("starting", "connecting"):
                self.state.turn("connecting")
            requests = await self._connect(client)
            begun = anyio.current_time()
            self.state.turn("connected")
            await self._stay(client, requests)
        except Exception as error:  # why: every kind of break is judged in one place
            if anyio.current_time() - begun > self._pace.steady:
                self._retries = 0
            trouble = self._count_unknown_keys(judged(error))
            if trouble is None:
                raise
            raise trouble from error
        finally:
            self._live.unlisten(client)
            await close(client)

    async def _connect(self, client: TelegramClient) -> Requests:
        """Connected, and known to be logged in: Telethon itself would not say that it is not."""
        requests = Requests(client, self._floods, self._pace.patience)
        await self._floods.obey("GetState")
        with anyio.fail_after(self._pace.connect):
            self._live.listen(client)
            await answered(client.connect())
        await self._check(requests)
        self._unknown_keys = 0
        return requests

    async def _stay(self, client: TelegramClient, requests: Requests) -> None:
        self._turns.want_all()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._until_lost, client)
            tasks.start_soon(self._beat, requests)
            tasks.start_soon(self._watch_clock)
            tasks.start_soon(self._live.run)
            tasks.start_soon(self._turns.run, requests)
            for lane in self._lanes:
                tasks.start_soon(lane.run, requests, self.channels)

    async def _until_lost(self, client: TelegramClient) -> None:
        await answered(client.disconnected)
        raise ConnectionLostError("the connection to Telegram ended")

    async def _watch_clock(self) -> None:
        """Only another connection asks again for what came while the clock was wrong.

        Telethon throws it away, answers and pushes alike, and then waits for it.
        """
        jump = ClockJump()
        while abs(jump.seconds) < MAX_JUMP:  # noqa: ASYNC110  # a clock tells no one that it was set
            await anyio.sleep(self._pace.clock)
        raise ConnectionLostError(f"the clock was set by {jump.seconds:+.0f} s")

    async def _beat(self, requests: Requests) -> None:
        """A connection that is open and dead shows by a question that nobody answers."""
        while True:
            await anyio.sleep(self._pace.heartbeat)
            await self._check(requests)

    async def _check(self, requests: Requests) -> types.updates.State:
        """Telegram's state of the account: it answers, and it accepts the session."""
        await self._floods.obey("GetState")
        try:
            with anyio.fail_after(self._pace.answer):
                return await requests.ask(functions.updates.GetStateRequest())
        except TimeoutError:
            if requests.waits_for("GetState"):
                return await self._check(requests)
            reason = f"connected, but no answer within {self._pace.answer:.0f} s"
            self.state.turn("silent", reason, "It is connected again by itself.")
            raise ConnectionLostError(reason) from None

    def _count_unknown_keys(
        self, trouble: ConnectionLostError | SourceLostError | None
    ) -> ConnectionLostError | SourceLostError | None:
        """Telegram may have lost sight of a key for a moment; a few times is no moment."""
        if not isinstance(trouble, ConnectionLostError) or not trouble.is_key_unknown:
            return trouble
        self._unknown_keys += 1
        if self._unknown_keys < KEY_TRIES:
            return trouble
        return judged(errors.AuthKeyUnregisteredError(None))
