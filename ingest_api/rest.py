"""GET /signals: parameters in, catalog rows out."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

import msgspec
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from contracts import problem
from contracts.message import EARLIEST, LATEST
from contracts.problem import Fault
from ingest_api.answer import ProblemError, retry_later
from ingest_api.catalog import Catalog, SignalFilter, SignalRow
from ingest_api.errors import DatabaseUnavailableError

T = TypeVar("T")

MAX_LIMIT = 1000
DEFAULT_LIMIT = 100
_B3 = ZoneInfo("America/Sao_Paulo")
_MILLISECOND = timedelta(milliseconds=1)
_FIRST_IN_MILLISECONDS = 100_000_000_000  # as seconds: the year 5138


class SignalsAnswer(msgspec.Struct, frozen=True):
    """200 of GET /signals."""

    data: list[SignalRow]


class Rest:
    """The read endpoints."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._encoder = msgspec.json.Encoder()

    async def signals(self, request: Request) -> Response:
        """Signals newest first. Raises ProblemError 400 for parameters, 503 for the database."""
        wanted = signal_filter(request.query_params)
        try:
            rows = await self._catalog.signals(wanted)
        except DatabaseUnavailableError as error:
            raise retry_later(problem.DATABASE_DOWN, str(error)) from error
        return Response(self._encoder.encode(SignalsAnswer(rows)), media_type="application/json")


def signal_filter(query: QueryParams) -> SignalFilter:
    """The filter that a query string means; raises ProblemError naming every wrong parameter."""
    faults: list[Fault] = []

    def read(name: str, parse: Callable[[str], T]) -> T | None:
        text = query.get(name)
        if text is None:
            return None
        try:
            return parse(text)
        except ValueError as error:
            faults.append(Fault(path=name, detail=str(error)))
            return None

    limit = read("limit", _limit)
    wanted = SignalFilter(
        limit=DEFAULT_LIMIT if limit is None else limit,
        channel=read("channel", lambda text: _text(text, 100)),
        signal_type=read("type", lambda text: _text(text, 50)),
        search=read("search", lambda text: _text(text, 100)),
        since=read("from", lambda text: _milliseconds(text, end_of_day=False)),
        until=read("to", lambda text: _milliseconds(text, end_of_day=True)),
    )
    if faults:
        detail = "; ".join(f"{fault.path}: {fault.detail}" for fault in faults)
        raise ProblemError(problem.INVALID_QUERY, detail, faults=faults)
    return wanted


def _limit(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:5]) <= MAX_LIMIT):
        raise ValueError(f"must be a whole number from 1 to {MAX_LIMIT}")
    return int(text)


def _text(text: str, longest: int) -> str:
    if not 1 <= len(text) <= longest or "\x00" in text:
        raise ValueError(f"must have 1 to {longest} characters, and no U+0000")
    return text


def _milliseconds(text: str, *, end_of_day: bool) -> int:
    """Epoch milliseconds of a day in São Paulo, an ISO time, or epoch seconds or milliseconds."""
    moment = _moment(text, end_of_day=end_of_day)
    if not EARLIEST <= moment < LATEST:
        raise ValueError(f"must lie between {EARLIEST:%Y} and {LATEST:%Y}")
    return (moment - datetime.fromtimestamp(0, UTC)) // _MILLISECOND


def _moment(text: str, *, end_of_day: bool) -> datetime:
    try:
        if text.isascii() and text.isdigit():
            number = int(text)
            seconds = number / 1000 if number >= _FIRST_IN_MILLISECONDS else number
            return datetime.fromtimestamp(seconds, UTC)
        if len(text) == len("2025-10-25"):
            day = date.fromisoformat(text)
            if end_of_day:
                return datetime.combine(day + timedelta(days=1), time(), _B3) - _MILLISECOND
            return datetime.combine(day, time(), _B3)
        # A plus sign in a query string that nobody escaped arrives as a blank.
        moment = datetime.fromisoformat(text.replace(" ", "+") if "T" in text else text)
    except (ValueError, OverflowError, OSError):
        raise ValueError(
            "must be a date (2025-10-25, a day in São Paulo), an ISO 8601 time,"
            " or epoch seconds or milliseconds"
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=_B3)
