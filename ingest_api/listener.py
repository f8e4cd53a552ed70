"""The listening socket, and Hypercorn's settings for it."""

import socket
from asyncio import AbstractEventLoop
from typing import Any

from hypercorn.config import Config

from ingest_api.errors import PortBusyError

_BACKLOG = 512
_UNREAD_MILLISECONDS = 60_000


def listen(host: str, port: int) -> socket.socket:
    """A listening TCP socket; port 0 takes a free one. Raises PortBusyError.

    Bound here and not by Hypercorn, so that a busy port is one sentence before anything starts.
    """
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    # What it accepts is cut off from a client that does not read: a stream would wait for ever.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _UNREAD_MILLISECONDS)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise PortBusyError(
            f"cannot listen on {host}:{port}: {error.strerror}. Stop what listens there, or set"
            " HOST and PORT to another address."
        ) from error
    listener.listen(_BACKLOG)
    return listener


def server_config(listener: socket.socket) -> Config:
    """Hypercorn on that socket, which is Hypercorn's from here on: it closes it."""
    config = Config()
    config.bind = [f"fd://{listener.detach()}"]
    config.backlog = _BACKLOG
    # For the whole head of a request, and between two, where it is longer than any client keeps a
    # connection: no race at the end.
    config.keep_alive_timeout = 75
    config.keep_alive_max_requests = 2**31
    # Reading is bounded where bodies are read; Hypercorn's own bound costs a task for each read.
    config.read_timeout = None
    config.graceful_timeout = 10
    config.include_server_header = False
    config.accesslog = None
    config.errorlog = None
    return config


def unread_is_no_error(loop: AbstractEventLoop, context: dict[str, Any]) -> None:
    """The loop's handler of what no task takes: Hypercorn lets a client's silence come so far."""
    if not isinstance(context.get("exception"), TimeoutError):
        loop.default_exception_handler(context)
