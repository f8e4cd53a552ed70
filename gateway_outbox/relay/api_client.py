"""The one connection to the ingest API: bytes out, an answer or a failure back. Never raises."""

import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import NamedTuple

import aiohttp

from contracts import trace, wire
from contracts.secret import Secret
from contracts.trace import traceparent_of
from gateway_outbox.outbox.outbox import Row
from gateway_outbox.relay.verdict import retry_after_seconds
from gateway_outbox.settings import Settings

CONNECT_SECONDS = 2.0
MAX_ANSWER_BYTES = 4 * 1024 * 1024


class Answer(NamedTuple):
    """What came back. `status` is None when no answer did; `failure` then says how it ended."""

    url: str
    status: int | None
    body: bytes = b""
    failure: str = ""
    detail: str = ""
    retry_after: float = 0.0


class ApiClient:
    """Posts rows. `token` is asked at each request, so that a rotated one is used at once."""

    def __init__(
        self, session: aiohttp.ClientSession, settings: Settings, token: Callable[[], Secret]
    ) -> None:
        self._session = session
        self._single = settings.api_endpoint
        self._batch = settings.batch_endpoint
        self._status = settings.status_endpoint
        self._canary = settings.canary_endpoint
        self._token = token

    async def post(self, rows: list[Row]) -> Answer:
        """One row to `POST /ingest`, several to `POST /ingest/batch`."""
        payloads = [wire.with_sequence(row.payload, row.seq) for row in rows]
        if len(payloads) == 1:
            return await self._post(self._single, payloads[0], traceparent_of(rows[0].payload))
        return await self._post(self._batch, wire.batch_body(payloads))

    async def report(self, body: bytes) -> Answer:
        """The gateway's state to `POST /gateway/status`."""
        return await self._post(self._status, body)

    async def canary(self, body: bytes) -> Answer:
        """A canary to `POST /ingest/canary`."""
        return await self._post(self._canary, body)

    async def _post(self, url: str, body: bytes, traceparent: str | None = None) -> Answer:
        headers = {
            "Content-Type": "application/json",
            wire.TOKEN_HEADER: self._token().reveal(),
        }
        if traceparent:
            headers[trace.HEADER] = traceparent
        try:
            async with self._session.post(
                url, data=body, headers=headers, allow_redirects=False
            ) as response:
                content = await response.content.read(MAX_ANSWER_BYTES)
                while chunk := await response.content.read(MAX_ANSWER_BYTES - len(content) + 1):
                    content += chunk
                    if len(content) > MAX_ANSWER_BYTES:
                        return Answer(url, None, failure="broken", detail="endless answer")
                wait = retry_after_seconds(response.headers)
                return Answer(url, response.status, content, retry_after=wait)
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            return Answer(url, None, failure=_failure(error), detail=_detail(error))


@asynccontextmanager
async def open_api_client(
    settings: Settings, token: Callable[[], Secret]
) -> AsyncIterator[ApiClient]:
    """A client whose connections close with the block."""
    timeout = aiohttp.ClientTimeout(total=settings.api_timeout_seconds, connect=CONNECT_SECONDS)
    # Beside the lanes a report and a canary may be on their way.
    # Shorter than the API's 75 s keep-alive, so that we never send into a connection it closes.
    connector = aiohttp.TCPConnector(limit=settings.relay_lanes + 2, keepalive_timeout=20)
    async with aiohttp.ClientSession(
        timeout=timeout, connector=connector, cookie_jar=aiohttp.DummyCookieJar()
    ) as session:
        yield ApiClient(session, settings, token)


def _failure(error: BaseException) -> str:
    """`connect`: the API never had the request. `timeout`, `broken`: it may have stored it."""
    if isinstance(error, (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)):
        return "connect"
    if isinstance(error, TimeoutError):
        return "timeout"
    return "broken"


def _detail(error: BaseException) -> str:
    if isinstance(error, ssl.SSLError):
        return f"TLS: {error.reason}"
    return f"{type(error).__name__}: {error}".rstrip(": ")
