"""GET /channels: where signals came from."""

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from ingest_api.database.statements import Statements
from ingest_api.request.answer import json_response
from ingest_api.request.clock import local_timestamp


class SignalChannel(msgspec.Struct, frozen=True):
    """A channel with the number of its signals and the last one's time in ms, both as text."""

    channel: str
    signal_count: str
    last_signal: str


class SignalChannelsAnswer(msgspec.Struct, frozen=True):
    """200 of GET /channels."""

    data: list[SignalChannel]
    source: str
    timestamp: str


class SignalChannels:
    """The endpoint."""

    def __init__(self, statements: Statements, zone: str) -> None:
        self._statements = statements
        self._zone = zone

    async def show(self, _request: Request) -> Response:
        """GET /channels: the most signals first. Raises DatabaseUnavailableError."""
        rows = await self._statements.fetch("select_channels")
        channels = [SignalChannel(*row) for row in rows]
        return json_response(
            SignalChannelsAnswer(channels, "timescale", local_timestamp(self._zone))
        )
