"""/signals and /clean-signals: parameters in, catalog rows out."""

import re
from datetime import UTC, datetime

import msgspec
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from contracts import problem
from contracts.message import INT64_MAX
from ingest_api.request.answer import ProblemError, json_response
from ingest_api.request.form import convert, fields, invalid
from ingest_api.request.query_string import QueryString
from ingest_api.signals.catalog import MAX_LIMIT, Catalog, Cursor, SignalFilter, SignalRow


class SignalsAnswer(msgspec.Struct, frozen=True, omit_defaults=True):
    """200 of GET /signals. `cursor` continues after the last row; absent when that was all."""

    data: list[SignalRow]
    cursor: str | None = None


class Done(msgspec.Struct, frozen=True):
    """200 of a write that has nothing else to say: `status` is ok."""

    status: str = "ok"


class Cleaned(msgspec.Struct, frozen=True, kw_only=True):
    """200 of POST /clean-signals."""

    success: bool
    message: str
    deleted: int


class Deletion(msgspec.Struct, frozen=True, rename="camel"):
    """The body of DELETE /signals: `ingestedAt` as GET /signals shows it."""

    ingested_at: str


class Signals:
    """The signals' endpoints. They raise ProblemError, and DatabaseUnavailableError."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    async def show(self, request: Request) -> Response:
        """GET /signals: newest first."""
        wanted = signal_filter(request.query_params)
        rows = await self._catalog.signals(wanted)
        cursor = rows[-1].cursor if len(rows) == wanted.limit else None
        return json_response(SignalsAnswer(rows, cursor))

    async def delete(self, request: Request) -> Response:
        """DELETE /signals: the row that shows this time, off the list. 404 when there is none."""
        sent = convert(await fields(request), Deletion).ingested_at
        found = await self._catalog.stored_at(_moment(sent))
        if len(found) > 1:
            raise ProblemError(
                problem.AMBIGUOUS,
                f"several signals were stored at {sent}; send the time with its microseconds",
            )
        if not found or not await self._catalog.delete(found[0]):
            detail = f"no signal on the list was stored at {sent}; GET /signals shows ingestedAt"
            raise ProblemError(problem.NOT_FOUND, detail)
        return json_response(Done())

    async def restore(self, request: Request) -> Response:
        """POST /signals/{id}/restore: the signal on the list again, whoever withdrew it."""
        sent = request.path_params["id"]
        known = re.fullmatch(r"[0-9]{1,19}", sent) and int(sent) <= INT64_MAX
        if not known or not await self._catalog.restore(int(sent)):
            detail = f"there is no signal {sent[:40]}; GET /signals?include=withdrawn lists them"
            raise ProblemError(problem.NOT_FOUND, detail)
        return json_response(Done())

    async def clean(self, request: Request) -> Response:
        """POST /clean-signals: every signal off the list."""
        await fields(request)
        deleted = await self._catalog.delete_all()
        message = f"{deleted} sinais deletados"
        return json_response(Cleaned(success=True, message=message, deleted=deleted))


def signal_filter(parameters: QueryParams) -> SignalFilter:
    """The filter that a query string means; raises ProblemError naming every wrong parameter."""
    query = QueryString(parameters)
    wanted = SignalFilter(
        limit=query.limit(MAX_LIMIT, MAX_LIMIT),
        channel=query.text("channel", 100),
        signal_type=query.text("type", 50),
        asset=query.text("asset", 50),
        search=query.text("search", 100),
        since=query.moment("from"),
        until=query.moment("to", end_of_day=True),
        after=query.read("cursor", _cursor),
        withdrawn=query.read("include", _include) or False,
    )
    query.close()
    return wanted


def _cursor(text: str) -> Cursor:
    found = re.fullmatch(r"([0-9]{1,18})\.([0-9]{1,18})", text)
    if found is None:
        raise ValueError("must be the cursor of a row, as it was sent")
    return Cursor(int(found[1]), int(found[2]))


def _include(text: str) -> bool:
    if text != "withdrawn":
        raise ValueError("must be the word withdrawn, or not there")
    return True


def _moment(text: str) -> datetime:
    """A time as JavaScript's Date reads it, as far as anything ever sent it."""
    try:
        moment = datetime.fromisoformat(f"{text}-01-01" if re.fullmatch(r"\d{4}", text) else text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise invalid("ingestedAt", "must be a time as GET /signals shows it") from None
