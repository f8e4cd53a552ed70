"""The gateway's own HTTP on 127.0.0.1: health, metrics, and the operator's control."""

import errno
import logging
import socket
from collections.abc import Sequence
from typing import NamedTuple

import anyio
import orjson
from aiohttp import web
from anyio.abc import TaskStatus

from contracts.telemetry import CONTENT_TYPE, Telemetry
from gateway_outbox.control.canary_control import CanaryControl
from gateway_outbox.control.channel_control import ChannelControl
from gateway_outbox.control.control import MAX_BODY_BYTES, Control
from gateway_outbox.control.health import Health
from gateway_outbox.control.history_control import HistoryControl
from gateway_outbox.control.sync_control import SyncControl
from gateway_outbox.control.web_frame import add_headers, in_our_words, is_ours, own_host_only
from gateway_outbox.errors import PortBusyError

_log = logging.getLogger(__name__)
_log.addFilter(is_ours)

HOST = "127.0.0.1"
IDLE_SECONDS = 75.0  # for the whole head of a request, and between two
UNREAD_MILLISECONDS = 60_000


class Web:
    """The handlers that only look."""

    def __init__(self, health: Health, telemetry: Telemetry) -> None:
        self._health = health
        self._telemetry = telemetry

    async def health(self, _request: web.Request) -> web.Response:
        """Checks of outbox, relay and source; 503 only when messages cannot be stored."""
        document = await self._health.document()
        status = 503 if document["status"] == "error" else 200
        return web.Response(
            status=status, body=orjson.dumps(document), content_type="application/json"
        )

    async def livez(self, _request: web.Request) -> web.Response:
        """The process answers."""
        return web.Response(text="ok\n")

    async def readyz(self, _request: web.Request) -> web.Response:
        """Messages can be stored."""
        ready = self._health.ready()
        return web.Response(status=200 if ready else 503, text="ready\n" if ready else "held\n")

    async def metrics(self, _request: web.Request) -> web.Response:
        """Prometheus text of everything in the metric table."""
        await self._health.refresh()
        return web.Response(
            body=self._telemetry.exposition(), headers={"Content-Type": CONTENT_TYPE}
        )


class Endpoint(NamedTuple):
    """One route: the docstring of its handler is its meaning in the reference."""

    method: str
    path: str
    owner: type
    handler: str


ROUTES = (
    Endpoint("GET", "/health", Web, "health"),
    Endpoint("GET", "/livez", Web, "livez"),
    Endpoint("GET", "/readyz", Web, "readyz"),
    Endpoint("GET", "/metrics", Web, "metrics"),
    Endpoint("POST", "/outbox/append", Control, "append"),
    Endpoint("POST", "/outbox/retry", Control, "retry"),
    Endpoint("POST", "/outbox/discard", Control, "discard"),
    Endpoint("POST", "/outbox/vacuum", Control, "vacuum"),
    Endpoint("POST", "/canary", CanaryControl, "fly"),
    Endpoint("POST", "/sync", SyncControl, "sync"),
    Endpoint("POST", "/channels/reload", ChannelControl, "reload"),
    Endpoint("POST", "/channels/deletions/apply", ChannelControl, "apply_deletions"),
    Endpoint("POST", "/channels/deletions/dismiss", ChannelControl, "dismiss_deletions"),
    Endpoint("POST", "/channels/check", HistoryControl, "check"),
    Endpoint("POST", "/backfill/start", HistoryControl, "start"),
    Endpoint("POST", "/backfill/status", HistoryControl, "status"),
)


async def serve(
    handlers: Sequence[object],
    port: int,
    *,
    task_status: TaskStatus[int] = anyio.TASK_STATUS_IGNORED,
) -> None:
    """Serve until cancelled; started once the port listens. Raises PortBusyError.

    `handlers` holds an instance of each route's owner.
    """
    runner = _runner(handlers)
    await runner.setup()
    try:
        await web.SockSite(runner, _listen(port)).start()
        task_status.started(runner.addresses[0][1])
        await anyio.sleep_forever()
    finally:
        with anyio.move_on_after(2, shield=True):
            await runner.cleanup()


def _runner(handlers: Sequence[object]) -> web.AppRunner:
    """What runs the routes, each at its owner's handler, in the frame that all answers have."""
    owners = {type(each): each for each in handlers}
    app = web.Application(client_max_size=MAX_BODY_BYTES, middlewares=[own_host_only, in_our_words])
    app.on_response_prepare.append(add_headers)
    for route in ROUTES:
        app.router.add_route(route.method, route.path, getattr(owners[route.owner], route.handler))
    return web.AppRunner(
        app,
        access_log=None,
        logger=_log,
        shutdown_timeout=1.0,
        keepalive_timeout=IDLE_SECONDS,
        auto_decompress=False,  # a small body cannot become a large one
    )


def _listen(port: int) -> socket.socket:
    """A listening socket; what it accepts is cut off from a client that does not read."""
    try:
        listener = socket.create_server((HOST, port), backlog=128)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise PortBusyError(HOST, port) from None
        raise
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNREAD_MILLISECONDS)
    return listener
