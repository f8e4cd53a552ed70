"""A canary on demand: what `tpcapital doctor` asks of the running gateway."""

from typing import Any

from aiohttp import web

from gateway_outbox.control.control import control_guard
from gateway_outbox.outbox.outbox_lock import Holder
from gateway_outbox.relay.canary import Canary
from gateway_outbox.relay.relay import Relay

WAIT_SECONDS = 12.0  # longer than one request may take


class CanaryControl:
    """The handler of `POST /canary`."""

    def __init__(self, canary: Canary, relay: Relay, holder: Holder) -> None:
        self._canary = canary
        self._relay = relay
        self._guard = control_guard(holder)

    async def fly(self, request: web.Request) -> web.Response:
        """Send a canary through the whole pipe and tell whether, and how soon, it came back."""

        async def act(_body: dict[str, Any]) -> dict[str, Any]:
            flight = None if self._relay.trouble else await self._canary.fly(WAIT_SECONDS)
            if flight is None:
                trouble = self._relay.trouble
                why = str(trouble) if trouble else f"no answer within {WAIT_SECONDS:.0f} s"
                return {"came_back": False, "failure": why}
            return {"came_back": not flight.failure, **flight._asdict()}

        return await self._guard.answer(request, dict[str, Any], act)
