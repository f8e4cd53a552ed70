"""Requests of the command line to the gateway that holds an outbox, found by its lock file."""

import http
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import msgspec

from contracts.problem import Problem
from gateway_outbox.control.control import CONTROL_HEADER
from gateway_outbox.errors import GatewayError
from gateway_outbox.outbox import outbox_lock
from gateway_outbox.outbox.outbox_lock import Holder

ANSWER_SECONDS = 120.0  # a gateway whose disk is full holds an append back until there is room


class DoorError(GatewayError):
    """The process that holds the outbox did not do what it was asked."""


class GatewayClient:
    """Asks the gateway that holds the outbox."""

    def __init__(self, session: aiohttp.ClientSession, holder: Holder) -> None:
        self._session = session
        self._holder = holder

    async def post(self, path: str, body: Any) -> dict[str, Any]:
        """The answer to a request; `body` is bytes of JSON, or what becomes them.

        Raises DoorError with the gateway's own reason, or with what to do when there is none.
        """
        url = f"http://127.0.0.1:{self._holder.port}{path}"
        content = body if isinstance(body, bytes) else msgspec.json.encode(body)
        headers = {CONTROL_HEADER: self._holder.control_token, "Content-Type": "application/json"}
        try:
            async with self._session.post(url, data=content, headers=headers) as response:
                answer = await response.read()
                status = response.status
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            why = str(error) or f"no answer in {ANSWER_SECONDS:.0f} s"
            raise DoorError(
                f"the gateway (pid {self._holder.pid}) did not answer POST {url}: {why}."
                " Look at `tpcapital outbox status`; doing the same again is safe."
            ) from error
        if status != http.HTTPStatus.OK:
            raise DoorError(f"POST {url} answered {status}: {_detail(answer)}")
        return msgspec.json.decode(answer, type=dict[str, Any])


@asynccontextmanager
async def running_gateway(outbox: Path) -> AsyncIterator[GatewayClient | None]:
    """The gateway that holds this outbox, or None when nobody does.

    Raises DoorError when its holder takes no requests.
    """
    holder = outbox_lock.holder_of(outbox)
    if holder is None:
        yield None
        return
    if not holder.port:
        raise DoorError(
            f"pid {holder.pid} holds outbox {outbox} and takes no requests: a gateway that is"
            " just starting, or another tpcapital command. Try again when it is done."
        )
    timeout = aiohttp.ClientTimeout(total=ANSWER_SECONDS)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        yield GatewayClient(session, holder)


@asynccontextmanager
async def needed_gateway(outbox: Path) -> AsyncIterator[GatewayClient]:
    """The gateway that holds this outbox. Raises DoorError, with what to do, when none does."""
    async with running_gateway(outbox) as gateway:
        if gateway is None:
            raise DoorError(
                f"no gateway runs on outbox {outbox}, and only it may use the Telegram session."
                " Start it (`tpcapital gateway`, or its systemd unit), then do this again"
            )
        yield gateway


def _detail(content: bytes) -> Any:
    try:
        return msgspec.json.decode(content, type=Problem).detail
    except (msgspec.DecodeError, UnicodeDecodeError):
        return content[:200].decode(errors="replace").strip() or "without a reason"
