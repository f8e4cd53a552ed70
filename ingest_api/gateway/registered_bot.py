"""/telegram/bots: the register of bots, without their tokens."""

import hashlib
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from contracts import problem
from ingest_api.database.statements import Statements
from ingest_api.gateway.registered_channel import Created, Description, Status
from ingest_api.request.answer import ProblemError, json_response
from ingest_api.request.clock import iso, local_timestamp
from ingest_api.request.form import convert, fields, invalid
from ingest_api.request.new_id import new_id
from ingest_api.signals.signals import Done

_FINGERPRINT_DIGITS = 16
_SHOWN_CHARACTERS = 4
Username = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_]{5,32}$")]
BotToken = Annotated[
    str, msgspec.Meta(min_length=40, max_length=200, pattern=r"^[0-9]+:[A-Za-z0-9_-]+$")
]
BotType = Literal["Sender", "Forwarder", "Ingestion", "Monitor"]


class NewBot(msgspec.Struct, kw_only=True):
    """The body that registers a bot. Of the token only a fingerprint is kept."""

    username: Username
    token: BotToken
    bot_type: BotType = "Sender"
    description: Description = ""


class BotChange(msgspec.Struct, kw_only=True):
    """The body that changes one: at least one field."""

    username: Username | None = None
    token: BotToken | None = None
    bot_type: BotType | None = None
    description: Description | None = None
    status: Status | None = None


class RegisteredBot(msgspec.Struct, frozen=True, kw_only=True):
    """A bot of the register; `token` shows its last four characters.

    `token_fingerprint` is the beginning of its SHA-256: equal tokens have equal ones.
    """

    id: str
    username: str
    token: str
    bot_type: str
    description: str
    status: str
    created_at: str
    updated_at: str
    token_fingerprint: str


class BotsAnswer(msgspec.Struct, frozen=True):
    """200 of GET /telegram/bots."""

    data: list[RegisteredBot]
    timestamp: str


class BotRegister:
    """The endpoints. They raise ProblemError, and DatabaseUnavailableError."""

    def __init__(self, statements: Statements, zone: str) -> None:
        self._statements = statements
        self._zone = zone

    async def show(self, _request: Request) -> Response:
        """GET /telegram/bots: not deleted, the last changed first."""
        rows = await self._statements.fetch("select_telegram_bots")
        names = RegisteredBot.__struct_fields__
        bots = [RegisteredBot(**dict(zip(names, map(_shown, row), strict=True))) for row in rows]
        return json_response(BotsAnswer(bots, local_timestamp(self._zone)))

    async def create(self, request: Request) -> Response:
        """POST /telegram/bots: 200 with the id."""
        new = convert(await fields(request), NewBot)
        row = _row(msgspec.structs.asdict(new)) | {"id": new_id("bot")}
        await self._statements.fetch("insert_telegram_bot", row)
        return json_response(Created("ok", row["id"]))

    async def change(self, request: Request) -> Response:
        """PUT /telegram/bots/{id}. Raises ProblemError 404 for an unknown id."""
        values = msgspec.structs.asdict(convert(await fields(request), BotChange))
        if all(value is None for value in values.values()):
            raise invalid("$", f"holds nothing to change; it may hold {', '.join(values)}")
        return await self._affect(request, "update_telegram_bot", _row(values))

    async def delete(self, request: Request) -> Response:
        """DELETE /telegram/bots/{id}. Raises ProblemError 404 for an unknown id."""
        await fields(request)
        return await self._affect(request, "delete_telegram_bot", {})

    async def _affect(self, request: Request, name: str, values: dict[str, Any]) -> Response:
        place = request.path_params["id"]
        if "\x00" in place or not await self._statements.fetch(name, values | {"id": place}):
            detail = f"there is no bot {place[:100]}; GET /telegram/bots lists them"
            raise ProblemError(problem.NOT_FOUND, detail)
        return json_response(Done())


def _row(values: dict[str, Any]) -> dict[str, Any]:
    """The columns: what is kept of the token in its place."""
    token = values.pop("token")
    digest = hashlib.sha256(token.encode()).hexdigest() if token else None
    return values | {
        "token_fingerprint": digest and digest[:_FINGERPRINT_DIGITS],
        "token_last4": token and token[-_SHOWN_CHARACTERS:],
    }


def _shown(value: Any) -> Any:
    return iso(value) if isinstance(value, datetime) else value
