"""The gateway as its last report shows it."""

from datetime import UTC, datetime

import msgspec

from contracts.gateway_report import GatewayReport, SourceReport
from ingest_api.gateway.gateway_link import GatewayLink

# Conditions that pass, or need nobody.
HARMLESS = frozenset({"starting", "connecting", "connected", "transient", "finished"})


class SourceState(msgspec.Struct, frozen=True, kw_only=True):
    """A source of messages: its condition, why, and what to do."""

    source: str
    condition: str
    reason: str
    advice: str


class GatewayView(msgspec.Struct, frozen=True, kw_only=True):
    """The gateway in brief.

    `state` is unknown (never reported), silent (its report is over a minute old), login_required,
    trouble, connected, connecting, finished (all told all they had) or none (no source is on).
    """

    state: str
    age_seconds: float | None = None
    version: str | None = None
    sources: list[SourceState] = []
    pending: int = 0
    dead_letters: int = 0
    oldest_seconds: float | None = None


class GatewayState:
    """Reads the last report."""

    def __init__(self, link: GatewayLink) -> None:
        self._link = link

    async def view(self) -> GatewayView:
        """The gateway now. Raises DatabaseUnavailableError."""
        heard = await self._link.heard()
        if heard is None:
            return GatewayView(state="unknown")
        report = heard.report
        oldest = report.outbox.oldest_pending_at
        return GatewayView(
            state=_state(report) if heard.is_fresh else "silent",
            age_seconds=round(heard.age_seconds, 1),
            version=report.version,
            sources=[_source(each) for each in report.sources],
            pending=report.outbox.pending,
            dead_letters=report.outbox.dead_letters,
            oldest_seconds=_seconds_since(oldest) if oldest else None,
        )

    async def titles(self) -> dict[int, str]:
        """The channels that it reads or forwards to, by id. Raises DatabaseUnavailableError."""
        heard = await self._link.heard()
        return {each.channel_id: each.title for each in heard.report.channels} if heard else {}


def _state(report: GatewayReport) -> str:
    conditions = {each.condition for each in report.sources}
    if report.login_required or "login_required" in conditions:
        return "login_required"
    if not conditions:
        return "none"
    if conditions - HARMLESS:
        return "trouble"
    if "connected" in conditions:
        return "connected"
    return "finished" if conditions == {"finished"} else "connecting"


def _source(report: SourceReport) -> SourceState:
    return SourceState(
        source=report.source,
        condition=report.condition,
        reason=report.reason,
        advice=report.advice,
    )


def _seconds_since(moment: datetime) -> float:
    return round(max((datetime.now(UTC) - moment).total_seconds(), 0.0), 1)
