"""What the command line asks of the running gateway about channels."""

import logging
from typing import Annotated, Any

import msgspec
from aiohttp import web

from contracts.problem import INVALID
from contracts.telemetry import Telemetry
from gateway_outbox.channels_file import Channels
from gateway_outbox.control.control import control_guard
from gateway_outbox.control.guard import RefusedError
from gateway_outbox.errors import ChannelsFileError
from gateway_outbox.outbox.held_deletions import apply_held, dismiss_held
from gateway_outbox.outbox.outbox import Outbox
from gateway_outbox.outbox.outbox_lock import Holder

log = logging.getLogger(__name__)

ChannelId = Annotated[int, msgspec.Meta(lt=0, ge=-(2**63))]


class OfChannel(msgspec.Struct):
    """The channel that a request is about, by marked id."""

    channel_id: ChannelId


class ChannelControl:
    """The handlers of `POST /channels/…`."""

    def __init__(
        self, outbox: Outbox, channels: Channels, holder: Holder, telemetry: Telemetry
    ) -> None:
        self._outbox = outbox
        self._channels = channels
        self._telemetry = telemetry
        self._guard = control_guard(holder)

    async def reload(self, request: web.Request) -> web.Response:
        """Take the channels as CHANNELS_FILE declares them now; 400 for a broken file."""

        async def act(_body: dict[str, Any]) -> dict[str, int]:
            try:
                self._channels.reload()
            except ChannelsFileError as error:
                raise RefusedError(INVALID, str(error)) from None
            count = len(self._channels.declared)
            log.info("%d channels declared", count, extra={"action": "channels.reloaded"})
            return {"declared": count}

        return await self._guard.answer(request, dict[str, Any], act)

    async def apply_deletions(self, request: web.Request) -> web.Response:
        """Take over a channel's held deletions."""

        async def act(body: OfChannel) -> dict[str, int]:
            changed = await apply_held(self._outbox, body.channel_id)
            self._telemetry.add("telegram_deletions_total", changed, result="applied")
            return {"changed": changed}

        return await self._guard.answer(request, OfChannel, act)

    async def dismiss_deletions(self, request: web.Request) -> web.Response:
        """Forget a channel's held deletions; the messages stay."""

        async def act(body: OfChannel) -> dict[str, int]:
            return {"changed": await dismiss_held(self._outbox, body.channel_id)}

        return await self._guard.answer(request, OfChannel, act)
