"""The sources of a running gateway, until a signal or until none of them can go on."""

import logging
import signal
from collections.abc import AsyncIterator, Sequence

import anyio

from contracts.exit_status import ExitStatus
from gateway_outbox.channels_file import Channels
from gateway_outbox.errors import ChannelsFileError, SourceLostError
from gateway_outbox.service_manager import ServiceManager
from gateway_outbox.source import Source

log = logging.getLogger(__name__)


class Reception:
    """Runs the sources side by side.

    A source that is lost (login, ban) leaves the others running: a gateway that still hears the
    bot must not stop hearing it. When no source is left, the service ends with the lost one's
    status, and a supervisor that knows it does not start it again in vain.
    """

    def __init__(
        self, sources: Sequence[Source], channels: Channels, manager: ServiceManager
    ) -> None:
        self._sources = sources
        self._channels = channels
        self._manager = manager
        self._status = ExitStatus.OK

    async def run(self, signals: AsyncIterator[signal.Signals]) -> ExitStatus:
        """Receive until SIGTERM, SIGINT or the last source is lost; SIGHUP reloads channels."""
        async with anyio.create_task_group() as receiving:
            for source in self._sources:
                receiving.start_soon(self._receive, source, receiving.cancel_scope)
            async for number in signals:
                if number == signal.SIGHUP:
                    await self._manager.reloading()
                    self.reload()
                    await self._manager.reloaded()
                    continue
                log.info("%s: no more input", number.name, extra={"action": "service.stopping"})
                break
            receiving.cancel_scope.cancel()
        return self._status

    def reload(self) -> None:
        """Take the channels as they are declared now; a broken file changes nothing."""
        try:
            self._channels.reload()
        except ChannelsFileError as error:
            log.error("%s", error, extra={"action": "channels.unreadable"})  # noqa: TRY400  # the file is at fault, not the code
            return
        count = len(self._channels.declared)
        log.info("%d channels declared", count, extra={"action": "channels.reloaded"})

    async def _receive(self, source: Source, scope: anyio.CancelScope) -> None:
        try:
            await source.run(task_status=anyio.TASK_STATUS_IGNORED)
        except SourceLostError as error:
            self._status = self._status or error.status
            log.critical("%s", error, extra={"action": "source.lost", "status": int(error.status)})
            if all(each.state.has_ended for each in self._sources):
                scope.cancel()
