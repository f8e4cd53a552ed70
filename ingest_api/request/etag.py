"""Conditional GET: an answer that the client has already costs it no body."""

import hashlib

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_OK = 200
_NOT_MODIFIED = 304


class ETag:
    """ASGI middleware: a weak ETag on each whole 200 of a GET, and 304 for one that is known."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["method"] not in {"GET", "HEAD"}:
            await self._app(scope, receive, send)
            return
        known = Headers(scope=scope).get("if-none-match", "")
        start: Message | None = None

        async def send_tagged(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start" and _may_be_tagged(message):
                start = message
                return
            if start is not None:
                head, start = start, None
                if not message.get("more_body", False):
                    message = _tag(head, message, known)
                await send(head)
            await send(message)

        await self._app(scope, receive, send_tagged)


def _may_be_tagged(start: Message) -> bool:
    return start["status"] == _OK and "etag" not in Headers(scope=start)


def _tag(head: Message, message: Message, known: str) -> Message:
    """Tag the head; the body, or none when the client knows it."""
    body = message.get("body", b"")
    tag = f'W/"{len(body):x}-{hashlib.sha256(body).hexdigest()[:27]}"'
    headers = MutableHeaders(scope=head)
    headers["ETag"] = tag
    headers.setdefault("Cache-Control", "private, no-cache")
    if not _is_known(tag, known):
        return message
    head["status"] = _NOT_MODIFIED
    for name in ("content-length", "content-type"):
        del headers[name]
    return {"type": "http.response.body", "body": b""}


def _is_known(tag: str, known: str) -> bool:
    tags = [each.strip().removeprefix("W/") for each in known.split(",")]
    return known.strip() == "*" or tag.removeprefix("W/") in tags
