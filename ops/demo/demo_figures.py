"""What a demo has done so far, read from the services' own metrics and from the database."""

import json
from typing import Any, NamedTuple

import psycopg
from prometheus_client.parser import text_string_to_metric_families

from contracts import queries
from ops.demo.demo_stack import Stack
from ops.local_http import read

QUERY = queries.load("ops.demo", "demo.sql")


class Figures(NamedTuple):
    """Numbers of this run (received to pending), and what the database holds in all.

    received = stored + duplicates + dead_letter + pending, once nothing is on its way.
    """

    received: int
    skipped: int
    stored: int
    signals: int
    duplicates: int
    dead_letter: int
    pending: int
    messages_total: int
    signals_total: int
    malformed_total: int
    source: str

    @property
    def finished(self) -> bool:
        """Whether the replay is over and everything delivered."""
        return self.source in {"finished", "failed"} and self.pending == 0


class RecentMessage(NamedTuple):
    """One of the newest messages in the database, with what the parser made of it."""

    channel_id: int
    message_id: int
    kind: str
    text: str
    asset: str | None
    buy_min: object
    stop: object
    revision: int


def read_figures(stack: Stack, database: psycopg.Connection[Any]) -> Figures:
    """The numbers as they are now."""
    # Health first: what it calls delivered is in the metrics that are read after it.
    health = json.loads(read(f"{stack.gateway_url}/health"))
    gateway, api = _metrics(stack.gateway_url), _metrics(stack.api_url)
    published = {
        outcome: gateway.get(("telegram_messages_published_total", f"{outcome},replay"), 0)
        for outcome in ("created", "updated", "stale", "unchanged")
    }
    source = health["checks"]["source"]["observed"]["replay"]
    totals = database.execute(QUERY["totals"]).fetchone() or (0, 0, 0)
    return Figures(
        received=gateway.get(("telegram_messages_received_total", "replay"), 0),
        skipped=source["skipped"],
        stored=published["created"] + published["updated"] + published["stale"],
        signals=sum(v for (name, _), v in api.items() if name == "api_signals_inserted_total"),
        duplicates=gateway.get(("outbox_duplicates_total", ""), 0) + published["unchanged"],
        dead_letter=health["checks"]["outbox"]["observed"]["dead_letters"],
        pending=health["checks"]["outbox"]["observed"]["pending"],
        messages_total=totals[0],
        signals_total=totals[1],
        malformed_total=totals[2],
        source=source["state"],
    )


def read_recent(database: psycopg.Connection[Any], limit: int) -> list[RecentMessage]:
    """The newest messages of the database."""
    return [RecentMessage(*row) for row in database.execute(QUERY["recent"], (limit,))]


def _metrics(url: str) -> dict[tuple[str, str], int]:
    """Counters by name and by the values of their labels, which are in alphabetical order."""
    return {
        (sample.name, ",".join(sample.labels[name] for name in sorted(sample.labels))): int(
            sample.value
        )
        for family in text_string_to_metric_families(read(f"{url}/metrics"))
        if family.type == "counter"
        for sample in family.samples
        if sample.name.endswith("_total")
    }
