"""/telegram-channels and /telegram/channels: the same register under two spellings."""

import re
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from contracts import problem
from contracts.message import INT64_MAX
from ingest_api.database.statements import Statements
from ingest_api.request.answer import ProblemError, json_response
from ingest_api.request.clock import iso, local_timestamp
from ingest_api.request.form import convert, fields, invalid
from ingest_api.request.new_id import new_id, new_number_id
from ingest_api.signals.signals import Done

_MARK = "-100"
_LONGEST_UNMARKED = 15
ChannelId = Annotated[str, msgspec.Meta(pattern=r"^-?[0-9]{1,19}$")] | int
Label = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
Description = Annotated[str, msgspec.Meta(max_length=500)]
ChannelType = Literal["source", "destination"]
Status = Literal["active", "inactive", "deleted"]


class NewChannel(msgspec.Struct, kw_only=True):
    """The body that registers a channel."""

    label: Label
    channel_id: ChannelId
    channel_type: ChannelType = "source"
    description: Description = ""


class ChannelChange(msgspec.Struct, kw_only=True):
    """The body that changes one: at least one field."""

    label: Label | None = None
    channel_id: ChannelId | None = None
    channel_type: ChannelType | None = None
    description: Description | None = None
    status: Status | None = None
    signal_count: Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)] | None = None
    last_signal: Annotated[datetime, msgspec.Meta(tz=True)] | None = None


class RegisteredChannel(msgspec.Struct, frozen=True, kw_only=True):
    """A channel of the register; `channel_id` is a string."""

    id: str
    label: str
    channel_id: str
    channel_type: str
    description: str
    status: str
    signal_count: int
    last_signal: str | None
    created_at: str
    updated_at: str


class ChannelsAnswer(msgspec.Struct, frozen=True, omit_defaults=True):
    """200 of GET; `timestamp` on /telegram/channels only."""

    data: list[RegisteredChannel]
    timestamp: str = ""


class ChannelBrief(msgspec.Struct, frozen=True, kw_only=True):
    """What was registered."""

    id: str
    label: str
    channel_id: str
    channel_type: str
    description: str


class ChannelCreated(msgspec.Struct, frozen=True, kw_only=True):
    """201 of POST /telegram-channels."""

    success: bool
    channel: ChannelBrief


class Succeeded(msgspec.Struct, frozen=True):
    """200 of a change on /telegram-channels."""

    success: bool = True


class Created(msgspec.Struct, frozen=True):
    """200 of POST /telegram/channels and /telegram/bots."""

    status: str
    id: str


class ChannelRegister:
    """The endpoints; the dashed spelling has answers of its own."""

    def __init__(self, statements: Statements, zone: str) -> None:
        self._statements = statements
        self._zone = zone

    async def show(self, _request: Request) -> Response:
        """GET /telegram-channels: not deleted, the last changed first."""
        return json_response(ChannelsAnswer(await self._channels()))

    async def show_with_time(self, _request: Request) -> Response:
        """GET /telegram/channels: the same, with the time."""
        return json_response(ChannelsAnswer(await self._channels(), local_timestamp(self._zone)))

    async def create(self, request: Request) -> Response:
        """POST /telegram-channels: 201 with the channel."""
        channel = await self._create(request, new_number_id("ch"))
        return json_response(ChannelCreated(success=True, channel=channel), 201)

    async def create_plainly(self, request: Request) -> Response:
        """POST /telegram/channels: 200 with the id."""
        channel = await self._create(request, new_id("channel"))
        return json_response(Created("ok", channel.id))

    async def change(self, request: Request) -> Response:
        """PUT /telegram-channels/{id}. Raises ProblemError 404 for an unknown id."""
        await self._change(request)
        return json_response(Succeeded())

    async def change_plainly(self, request: Request) -> Response:
        """PUT /telegram/channels/{id}, likewise."""
        await self._change(request)
        return json_response(Done())

    async def delete(self, request: Request) -> Response:
        """DELETE /telegram-channels/{id}. Raises ProblemError 404 for an unknown id."""
        await self._delete(request)
        return json_response(Succeeded())

    async def delete_plainly(self, request: Request) -> Response:
        """DELETE /telegram/channels/{id}, likewise."""
        await self._delete(request)
        return json_response(Done())

    async def _channels(self) -> list[RegisteredChannel]:
        rows = await self._statements.fetch("select_telegram_channels")
        names = RegisteredChannel.__struct_fields__
        return [
            RegisteredChannel(**dict(zip(names, map(_shown, row), strict=True))) for row in rows
        ]

    async def _create(self, request: Request, own_id: str) -> ChannelBrief:
        new = convert(_trimmed(await fields(request)), NewChannel)
        number = _number(new.channel_id)
        brief = ChannelBrief(
            id=own_id,
            label=new.label,
            channel_id=str(number),
            channel_type=new.channel_type,
            description=new.description,
        )
        row = msgspec.structs.asdict(brief) | {"channel_id": number}
        await self._statements.fetch("insert_telegram_channel", row)
        return brief

    async def _change(self, request: Request) -> None:
        change = convert(_trimmed(await fields(request)), ChannelChange)
        values = msgspec.structs.asdict(change)
        if all(value is None for value in values.values()):
            raise invalid("$", f"holds nothing to change; it may hold {', '.join(values)}")
        if change.channel_id is not None:
            values["channel_id"] = _number(change.channel_id)
        await self._affect(request, "update_telegram_channel", values)

    async def _delete(self, request: Request) -> None:
        await fields(request)
        await self._affect(request, "delete_telegram_channel", {})

    async def _affect(self, request: Request, name: str, values: dict[str, Any]) -> None:
        place = request.path_params["id"]
        if "\x00" in place or not await self._statements.fetch(name, values | {"id": place}):
            detail = f"there is no channel {place[:100]}; GET /telegram-channels lists them"
            raise ProblemError(problem.NOT_FOUND, detail)


def _number(sent: str | int) -> int:
    text = str(sent)
    number = int(text)
    if not 0 < abs(number) <= INT64_MAX or not (
        text.startswith(_MARK) or len(text) <= _LONGEST_UNMARKED
    ):
        raise invalid("channel_id", "must be a chat id: -100… for a channel")
    return number


def _trimmed(found: dict[str, Any]) -> dict[str, Any]:
    """The fields with a label that has no blanks around it, and numbers of a form as numbers."""
    if isinstance(label := found.get("label"), str):
        found = found | {"label": label.strip()}
    count = found.get("signal_count")
    if isinstance(count, str) and re.fullmatch(r"[0-9]{1,10}", count):
        found = found | {"signal_count": int(count)}
    return found


def _shown(value: Any) -> Any:
    return iso(value) if isinstance(value, datetime) else value
