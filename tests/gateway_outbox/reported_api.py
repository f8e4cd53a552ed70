"""An ingest API as far as the gateway's reports see it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
from aiohttp import web

from contracts.gateway_report import GatewayReply, GatewayReport, GatewayRequest, RequestAnswer
from contracts.wire import STATUS_PATH, TOKEN_HEADER


class ReportedApi:
    """Takes reports on a real socket; `requests` are handed out until they are answered."""

    def __init__(self) -> None:
        self.reports: list[GatewayReport] = []
        self.tokens: set[str | None] = set()
        self.requests: list[GatewayRequest] = []
        self.status = 200
        self.body: bytes | None = None  # sent instead of a reply

    def has(self, count: int) -> bool:
        """Whether so many reports came."""
        return len(self.reports) >= count

    @property
    def answers(self) -> list[RequestAnswer]:
        """What came of requests, in the order of the reports."""
        return [answer for report in self.reports for answer in report.answers]

    async def answer(self, request: web.Request) -> web.Response:
        """`POST /gateway/status`."""
        report = msgspec.json.decode(await request.read(), type=GatewayReport)
        self.reports.append(report)
        self.tokens.add(request.headers.get(TOKEN_HEADER))
        done = {each.id for each in report.answers}
        self.requests = [each for each in self.requests if each.id not in done]
        body = self.body or msgspec.json.encode(GatewayReply(requests=self.requests))
        return web.Response(status=self.status, body=body, content_type="application/json")


@asynccontextmanager
async def reported_api() -> AsyncIterator[tuple[ReportedApi, int]]:
    """The API and its port, for the length of the block."""
    api = ReportedApi()
    app = web.Application()
    app.router.add_post(STATUS_PATH, api.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield api, runner.addresses[0][1]
    finally:
        await runner.cleanup()
