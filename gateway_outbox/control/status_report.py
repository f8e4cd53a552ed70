"""The gateway's state, told to the API: it listens on loopback only, where a container cannot ask.

Sent on each change and every 15 s; the answer may bring requests back, which are done at once and
answered with the next report. Nothing waits for it, and its failures touch nothing else.
"""

import logging
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import anyio
import msgspec

from contracts.gateway_report import (
    MAX_DELIVERED,
    REPORT_SECONDS,
    ChannelReport,
    GatewayReply,
    GatewayReport,
    GatewayRequest,
    OutboxReport,
    RequestAnswer,
    SourceReport,
)
from contracts.version import current
from gateway_outbox.channels_file import Channels, Declared
from gateway_outbox.errors import ChannelsFileError
from gateway_outbox.outbox.outbox import Outbox
from gateway_outbox.relay.api_client import ApiClient
from gateway_outbox.source import LOST, SourceState
from gateway_outbox.user.history_desk import HistoryDesk
from gateway_outbox.user.tracked_channel import TrackedChannel, read_tracked

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
SYNC_SECONDS = 2.5  # whoever asked waits for the answer
MAX_CHANNELS = 500
_MAX_TEXT = 1000
_OK = 200

_decoder = msgspec.json.Decoder(GatewayReply)


class StatusReporter:
    """Reports until cancelled."""

    def __init__(
        self,
        client: ApiClient,
        outbox: Outbox,
        sources: Sequence[SourceState],
        channels: Channels,
        desk: HistoryDesk,
    ) -> None:
        self._client = client
        self._outbox = outbox
        self._sources = sources
        self._channels = channels
        self._desk = desk
        self._is_heard = True

    async def run(self) -> None:
        """One report after the other; an answered request is told of without waiting."""
        answers: list[RequestAnswer] = []
        while True:
            told = self._face()
            requests = await self._send(await self._report(answers))
            answers = [await self._do(request) for request in requests]
            if not answers:
                await self._until_due(told)

    async def _until_due(self, told: object) -> None:
        with anyio.move_on_after(REPORT_SECONDS):
            while self._face() == told:  # noqa: ASYNC110  # plain fields tell no one that they change
                await anyio.sleep(LOOK_SECONDS)

    def _face(self) -> object:
        """What is worth a report of its own when it changes; depth and ages are not."""
        conditions = [(each.condition, each.reason) for each in self._sources]
        return conditions, self._outbox.dead_letters, list(self._channels.declared)

    async def _send(self, report: GatewayReport) -> list[GatewayRequest]:
        answer = await self._client.report(msgspec.json.encode(report))
        why = f"answered {answer.status}" if answer.status else answer.detail or answer.failure
        if answer.status == _OK:
            try:
                requests = _decoder.decode(answer.body).requests
            except (msgspec.DecodeError, UnicodeDecodeError):
                why = "answered 200 with no reply of an ingest API; is API_ENDPOINT right?"
            else:
                self._note_heard(is_heard=True, why="")
                return requests
        self._note_heard(is_heard=False, why=why)
        return []

    def _note_heard(self, *, is_heard: bool, why: str) -> None:
        if is_heard != self._is_heard:
            words = "takes" if is_heard else "does not take"
            log.info(
                "the API %s the gateway's reports%s",
                words,
                "" if is_heard else f" ({why}); messages are delivered all the same",
                extra={"action": "report.heard" if is_heard else "report.unheard"},
            )
        self._is_heard = is_heard

    async def _do(self, request: GatewayRequest) -> RequestAnswer:
        if request.kind == "reload":
            return await self._reload(request.id)
        if request.kind == "sync":
            return await self._sync(request.id)
        detail = f"gateway {current()} does not know {request.kind!r}; upgrade it"
        return RequestAnswer(id=request.id, succeeded=False, detail=detail)

    async def _reload(self, number: int) -> RequestAnswer:
        try:
            self._channels.reload()
        except ChannelsFileError as error:
            return RequestAnswer(id=number, succeeded=False, detail=str(error)[:_MAX_TEXT])
        count = len(self._channels.declared)
        log.info("%d channels declared", count, extra={"action": "channels.reloaded"})
        return RequestAnswer(id=number, succeeded=True, channels=await self._source_ids())

    async def _sync(self, number: int) -> RequestAnswer:
        if self._desk.compare_all is None or self._desk.reader is None:
            detail = "the user session is not connected, and only it can compare with Telegram"
            return RequestAnswer(id=number, succeeded=False, detail=detail)
        before = await self._appended()
        with anyio.move_on_after(SYNC_SECONDS):
            await self._desk.compare_all()
        count = max(0, await self._appended() - before)
        return RequestAnswer(
            id=number,
            succeeded=True,
            messages_synced=count,
            messages_saved=count,
            channels=await self._source_ids(),
        )

    async def _appended(self) -> int:
        return int((await self._outbox.read("counted", ("appended",)))[0][0])

    async def _source_ids(self) -> list[int]:
        return [each.channel_id for each in await self._channel_reports() if each.role == "source"]

    async def _report(self, answers: list[RequestAnswer]) -> GatewayReport:
        age = await self._outbox.oldest_pending_seconds()
        oldest = datetime.fromtimestamp(datetime.now(UTC).timestamp() - age, UTC) if age else None
        return GatewayReport(
            version=current(),
            sources=[
                SourceReport(
                    source=each.name,
                    condition=each.condition,
                    reason=each.reason[:_MAX_TEXT],
                    advice=each.advice[:_MAX_TEXT],
                )
                for each in self._sources
            ],
            outbox=OutboxReport(
                pending=max(0, self._outbox.pending),
                dead_letters=max(0, self._outbox.dead_letters),
                oldest_pending_at=oldest,
                delivered=await self._delivered(),
            ),
            channels=await self._channel_reports(),
            login_required=any(each.condition in LOST for each in self._sources),
            answers=answers,
        )

    async def _delivered(self) -> list[tuple[int, int]]:
        rows = await self._outbox.read("newest_delivered", (MAX_DELIVERED,))
        return [(channel_id, message_id) for channel_id, message_id in rows]

    async def _channel_reports(self) -> list[ChannelReport]:
        """The declared channels whose ids are known."""
        tracked = await read_tracked(self._outbox)
        times = self._last_times()
        return [
            ChannelReport(
                channel_id=channel.channel_id,
                role=declared.role,
                title=(declared.label or channel.title)[:_MAX_TEXT],
                last_message_at=times.get(channel.channel_id),
            )
            for declared in self._channels.declared[:MAX_CHANNELS]
            if declared.enabled and (channel := _meant(declared, tracked))
        ]

    def _last_times(self) -> dict[int, datetime]:
        """When each channel's newest message came to this process."""
        found: dict[int, datetime] = {}
        for source in self._sources:
            seen = source.gauges.get("telegram_last_update_timestamp_seconds", {})
            for channel, seconds in seen.items() if isinstance(seen, dict) else ():
                at = datetime.fromtimestamp(seconds, UTC)
                found[int(channel)] = max(at, found.get(int(channel), at))
        return found


def _meant(declared: Declared, tracked: Mapping[int, TrackedChannel]) -> TrackedChannel | None:
    """The channel that a declaration means; one by name is known once Telegram has told its id."""
    if declared.id is not None:
        return tracked.get(declared.id, TrackedChannel(channel_id=declared.id))
    found = (each for each in tracked.values() if declared.means(each.channel_id, each.username))
    return next(found, None)
