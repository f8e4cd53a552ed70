"""GET /activity: what came in the last days by hour and by channel, and what to filter by."""

from datetime import UTC, datetime, timedelta

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from ingest_api.database.statements import Statements
from ingest_api.gateway.gateway_state import GatewayState
from ingest_api.request.answer import json_response
from ingest_api.request.clock import iso
from ingest_api.request.query_string import QueryString

MAX_DAYS = 90
DEFAULT_DAYS = 7


class Hour(msgspec.Struct, frozen=True, kw_only=True):
    """One hour that something came in; `at` is its beginning."""

    at: str
    messages: int
    signals: int
    malformed: int


class ChannelActivity(msgspec.Struct, frozen=True, kw_only=True):
    """One channel, known by its messages, by registration or by the gateway's report."""

    channel: str
    label: str | None
    messages: int
    signals: int
    malformed: int
    last_at: str | None


class ActivityAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """200 of GET /activity. Hours oldest first, the rest by frequency."""

    since: str
    hours: list[Hour]
    channels: list[ChannelActivity]
    types: list[str]
    assets: list[str]


class Activity:
    """The endpoint of counts over time."""

    def __init__(self, statements: Statements, gateway: GatewayState) -> None:
        self._statements = statements
        self._gateway = gateway

    async def show(self, request: Request) -> Response:
        """Counts of the last `days`. Raises ProblemError 400, DatabaseUnavailableError."""
        query = QueryString(request.query_params)
        days = query.read("days", _days) or DEFAULT_DAYS
        query.close()
        now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
        since = now - timedelta(days=days) + timedelta(hours=1)
        types, assets = await self._choices(since)
        answer = ActivityAnswer(
            since=iso(since),
            hours=await self._hours(since),
            channels=await self._channels(since),
            types=types,
            assets=assets,
        )
        return json_response(answer)

    async def _hours(self, since: datetime) -> list[Hour]:
        rows = await self._statements.fetch("select_hours", {"since": since})
        return [
            Hour(at=iso(at), messages=messages, signals=signals, malformed=malformed)
            for at, messages, signals, malformed in rows
        ]

    async def _channels(self, since: datetime) -> list[ChannelActivity]:
        titles = await self._gateway.titles()
        parameters = {"since": since, "reported": list(titles)}
        rows = await self._statements.fetch("select_channel_activity", parameters)
        return [
            ChannelActivity(
                channel=channel,
                label=label or titles.get(int(channel)) or None,
                messages=messages,
                signals=signals,
                malformed=malformed,
                last_at=last_at and iso(last_at),
            )
            for channel, label, messages, signals, malformed, last_at in rows
        ]

    async def _choices(self, since: datetime) -> tuple[list[str], list[str]]:
        since_ms = int(since.timestamp() * 1000)
        rows = await self._statements.fetch("select_choices", {"since_ms": since_ms})
        types = dict.fromkeys(row[0] for row in rows)
        assets = dict.fromkeys(row[1] for row in rows)
        return list(types), list(assets)


def _days(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:5]) <= MAX_DAYS):
        raise ValueError(f"must be a whole number from 1 to {MAX_DAYS}")
    return int(text)
