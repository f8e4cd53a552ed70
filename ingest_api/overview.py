"""GET /overview: the pipeline's state in brief, and what needs a person."""

from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from ingest_api.database.statements import Statements
from ingest_api.gateway.gateway_state import HARMLESS, GatewayState, GatewayView
from ingest_api.request.answer import json_response
from ingest_api.request.clock import iso

_STUCK_SECONDS = 120.0
_UNIT = "tp-capital-gateway"


class Attention(msgspec.Struct, frozen=True, kw_only=True):
    """Something that needs a person: `commands` show it, and the last one mends it.

    `kind` is gateway_unknown, gateway_silent, login_required, source, outbox_stuck, dead_letters
    or malformed; `grave` tells whether signals may be missing because of it.
    """

    kind: str
    grave: bool
    commands: list[str]
    count: int | None = None
    detail: str = ""


class Today(msgspec.Struct, frozen=True, kw_only=True):
    """What was sent since midnight in São Paulo."""

    messages: int
    signals: int
    malformed: int


class OverviewAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """200 of GET /overview. `delay_seconds` is the usual time from Telegram to this database."""

    at: str
    gateway: GatewayView
    last_message_at: str | None
    last_message_stored_at: str | None
    last_signal_at: str | None
    last_signal_asset: str | None
    delay_seconds: float | None
    today: Today
    malformed_week: int
    attention: list[Attention]


class Overview:
    """The endpoint of the pipeline's state."""

    def __init__(self, statements: Statements, gateway: GatewayState) -> None:
        self._statements = statements
        self._gateway = gateway

    async def show(self, _request: Request) -> Response:
        """The state now. Raises DatabaseUnavailableError."""
        gateway = await self._gateway.view()
        (
            (sent, stored, signal, asset, delay, messages, signals, bad, week),
        ) = await self._statements.fetch("select_overview")
        answer = OverviewAnswer(
            at=iso(datetime.now(UTC)),
            gateway=gateway,
            last_message_at=sent and iso(sent),
            last_message_stored_at=stored and iso(stored),
            last_signal_at=signal and iso(signal),
            last_signal_asset=asset,
            delay_seconds=None if delay is None else round(delay, 1),
            today=Today(messages=messages, signals=signals, malformed=bad),
            malformed_week=week,
            attention=[*_of_gateway(gateway), *_of_texts(week)],
        )
        return json_response(answer)


def _of_gateway(gateway: GatewayView) -> Iterator[Attention]:
    if gateway.state == "unknown":
        yield Attention(kind="gateway_unknown", grave=False, commands=[f"systemctl start {_UNIT}"])
        return
    if gateway.state == "silent":
        yield Attention(
            kind="gateway_silent",
            grave=True,
            commands=[f"systemctl status {_UNIT}", f"systemctl restart {_UNIT}"],
            count=round(gateway.age_seconds or 0),
        )
        return
    yield from _of_sources(gateway)
    yield from _of_outbox(gateway)


def _of_outbox(gateway: GatewayView) -> Iterator[Attention]:
    if gateway.dead_letters:
        yield Attention(
            kind="dead_letters",
            grave=True,
            commands=["tpcapital outbox ls --state dead_letter", "tpcapital outbox retry --all"],
            count=gateway.dead_letters,
        )
    if (gateway.oldest_seconds or 0) > _STUCK_SECONDS:
        yield Attention(
            kind="outbox_stuck",
            grave=True,
            commands=["tpcapital outbox status"],
            count=gateway.pending,
        )


def _of_sources(gateway: GatewayView) -> Iterator[Attention]:
    for source in gateway.sources:
        said = f"{source.source}: {source.reason}. {source.advice}".strip(" .")
        if source.condition == "login_required":
            yield Attention(
                kind="login_required", grave=True, commands=["tpcapital login"], detail=said
            )
        elif source.condition not in HARMLESS:
            yield Attention(
                kind="source", grave=True, commands=[f"journalctl -u {_UNIT}"], detail=said
            )
    told = any(source.condition == "login_required" for source in gateway.sources)
    if gateway.state == "login_required" and not told:
        yield Attention(kind="login_required", grave=True, commands=["tpcapital login"])


def _of_texts(week: int) -> Iterator[Attention]:
    if week:
        key = '-H "X-API-Key: $TP_CAPITAL_API_KEY"'
        yield Attention(
            kind="malformed",
            grave=False,
            commands=[f"curl -X POST {key} http://localhost:4005/full-scan"],
            count=week,
        )
