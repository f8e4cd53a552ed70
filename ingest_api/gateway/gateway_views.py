"""What the Dashboard asks about the gateway, and asks of it."""

from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from contracts import problem
from contracts.gateway_report import GatewayReport, RequestAnswer
from ingest_api.gateway.gateway_link import GatewayLink
from ingest_api.request.answer import json_response, retry_later
from ingest_api.request.clock import local_timestamp
from ingest_api.request.form import fields

_SYNC_LIMIT = 500


class BotState(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a bot receives messages; ours poll, so there is no webhook."""

    configured: bool
    mode: str
    webhook: None
    status: str
    timestamp: str


class BotStateAnswer(msgspec.Struct, frozen=True):
    """200 of GET /bots."""

    data: BotState


class ConfiguredChannel(msgspec.Struct, frozen=True, rename="camel"):
    """A channel that the gateway reads (`source`) or forwards to (`destination`)."""

    channel_id: int
    type: str
    title: str


class ConfiguredChannelsAnswer(msgspec.Struct, frozen=True):
    """200 of GET /config/channels."""

    data: list[ConfiguredChannel]
    timestamp: str


class SyncData(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What a synchronisation found so far; `pending` while the gateway still works on it."""

    total_messages_synced: int
    total_messages_saved: int
    messages_synced: int
    channels_synced: list[int]
    filters: dict[str, Any]
    timestamp: str
    pending: bool


class SyncAnswer(msgspec.Struct, frozen=True):
    """200 of POST /sync-messages."""

    success: bool
    message: str
    data: SyncData


class ReloadAnswer(msgspec.Struct, frozen=True):
    """200 of POST /reload-channels: the source channels that the gateway reads."""

    success: bool
    channels: list[int]
    pending: bool


class GatewayViews:
    """The endpoints. They raise ProblemError, and DatabaseUnavailableError."""

    def __init__(self, link: GatewayLink, zone: str) -> None:
        self._link = link
        self._zone = zone

    async def bots(self, _request: Request) -> Response:
        """GET /bots: whether a bot receives messages."""
        sources = (await self._report()).sources
        state = BotState(
            configured=any(source.source == "bot" for source in sources),
            mode="polling",
            webhook=None,
            status="running",
            timestamp=local_timestamp(self._zone),
        )
        return json_response(BotStateAnswer(state))

    async def channels(self, _request: Request) -> Response:
        """GET /config/channels: the channels that the gateway has declared."""
        channels = [
            ConfiguredChannel(channel.channel_id, channel.role, channel.title)
            for channel in (await self._report()).channels
        ]
        return json_response(ConfiguredChannelsAnswer(channels, local_timestamp(self._zone)))

    async def sync(self, request: Request) -> Response:
        """POST /sync-messages: the gateway compares every channel with Telegram."""
        await fields(request)
        answer = await self._link.ask("sync")
        _raise_if_failed(answer)
        found = answer or RequestAnswer(id=1, succeeded=True)
        message = (
            f"{found.messages_synced} mensagens sincronizadas"
            if answer
            else "Sincronização em andamento; as mensagens aparecem quando chegarem"
        )
        data = SyncData(
            total_messages_synced=found.messages_synced,
            total_messages_saved=found.messages_saved,
            messages_synced=found.messages_synced,
            channels_synced=found.channels,
            filters={"limit": _SYNC_LIMIT},
            timestamp=local_timestamp(self._zone),
            pending=answer is None,
        )
        return json_response(SyncAnswer(success=True, message=message, data=data))

    async def reload(self, request: Request) -> Response:
        """POST /reload-channels: the gateway reads its channels file again."""
        await fields(request)
        answer = await self._link.ask("reload")
        _raise_if_failed(answer)
        channels = answer.channels if answer else []
        if not channels:
            declared = (await self._report()).channels
            channels = [each.channel_id for each in declared if each.role == "source"]
        return json_response(ReloadAnswer(success=True, channels=channels, pending=answer is None))

    async def _report(self) -> GatewayReport:
        heard = await self._link.heard()
        return heard.report if heard else GatewayReport(version="")


def _raise_if_failed(answer: RequestAnswer | None) -> None:
    if answer and not answer.succeeded:
        detail = answer.detail or "the gateway could not do it; see its log"
        raise retry_later(problem.GATEWAY_AWAY, detail)
