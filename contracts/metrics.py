"""Every metric of both services: name, kind, unit, labels. Code, docs and dashboards read this.

Names without a dot are exposed as written (the OpenTelemetry exporter leaves a trailing `_total`
alone). Counters exist from the first scrape with each of the label values named here, so that the
first failure is a rise and not an appearance.
"""

from collections.abc import Mapping
from typing import Literal, NamedTuple

Kind = Literal["counter", "gauge", "histogram"]

# Floats, and each service level objective (10 ms, 100 ms, 5 s) is a bound of its own.
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
COUNTS = (1.0, 2.0, 5.0, 10.0, 25.0, 50.0, 100.0, 250.0, 500.0)


class Metric(NamedTuple):
    """One metric. `labels` maps a label to its values known beforehand (empty: open, bounded)."""

    name: str
    kind: Kind
    help: str
    labels: Mapping[str, tuple[str, ...]] = {}
    bounds: tuple[float, ...] = SECONDS


SOURCES = ("bot", "user", "replay", "import")
FAILURE_REASONS = (
    "auth",
    "misroute",
    "timeout",
    "connect",
    "broken",
    "server_error",
    "throttled",
    "rejected",
    "unexpected",
)
OUTCOMES = ("created", "updated", "unchanged", "stale", "rejected")

GATEWAY = (
    Metric("telegram_connection_status", "gauge", "1 while the source is connected, else 0"),
    Metric(
        "telegram_messages_received_total",
        "counter",
        "messages that a source handed to the outbox, duplicates included",
        {"source": SOURCES},
    ),
    Metric(
        "telegram_messages_published_total",
        "counter",
        "messages the API answered for, by its outcome",
        {"outcome": OUTCOMES[:-1]},
    ),
    Metric(
        "telegram_publish_failures_total",
        "counter",
        "requests to the API that failed, by reason",
        {"reason": FAILURE_REASONS},
    ),
    Metric(
        "telegram_retry_attempts_total",
        "counter",
        "retries by their number within one trouble; 10 stands for the tenth and all later",
        {"attempt_number": tuple(str(number) for number in range(1, 11))},
    ),
    Metric("telegram_failure_queue_size", "gauge", "rows delayed by a trouble or dead-lettered"),
    Metric("outbox_pending_rows", "gauge", "rows that wait for delivery"),
    Metric("outbox_dead_letter_rows", "gauge", "rows the API will never take as they are"),
    Metric("outbox_oldest_pending_age_seconds", "gauge", "age of the oldest pending row"),
    Metric("outbox_duplicates_total", "counter", "appended revisions that were there already"),
    Metric("outbox_commit_seconds", "histogram", "time of one group commit, fsync included"),
    Metric("outbox_commit_rows", "histogram", "rows in one group commit", {}, COUNTS),
    Metric("outbox_append_seconds", "histogram", "time from hand-over to commit"),
    Metric("outbox_size_bytes", "gauge", "the outbox file and its write-ahead log"),
    Metric("outbox_disk_free_bytes", "gauge", "free space where the outbox lives"),
    Metric("relay_state", "gauge", "0 delivering, 1 retrying, 2 held by a configuration fault"),
    Metric("relay_request_seconds", "histogram", "one request to the API, answered"),
    Metric("relay_batch_rows", "histogram", "rows in one request", {}, COUNTS),
    Metric(
        "relay_delivery_seconds", "histogram", "time from the outbox commit to the API's answer"
    ),
)

INGESTION_STATUSES = (
    "success",
    "duplicate",
    "auth_error",
    "validation_error",
    "database_error",
    "overloaded",
    "draining",
    "server_error",
)
DATABASE_ERRORS = ("connection", "timeout", "conflict", "data", "other")
SIGNAL_TYPES = ("Swing Trade", "Day Trade", "Scalping", "Position", "other")
PARSE_KINDS = ("signal", "not_a_signal", "malformed")

API = (
    Metric(
        "api_ingestion_requests_total",
        "counter",
        "messages and refused requests at /ingest, by status",
        {"status": INGESTION_STATUSES},
    ),
    Metric(
        "api_ingest_messages_total",
        "counter",
        "messages by what the store made of them",
        {"outcome": OUTCOMES},
    ),
    Metric(
        "api_parse_results_total", "counter", "texts by what the parser saw", {"kind": PARSE_KINDS}
    ),
    Metric(
        "api_signals_inserted_total",
        "counter",
        "signal rows inserted or changed",
        {"signal_type": SIGNAL_TYPES},
    ),
    Metric(
        "api_timescaledb_errors_total",
        "counter",
        "failed database transactions",
        {"error_type": DATABASE_ERRORS},
    ),
    Metric(
        "api_http_request_duration_seconds",
        "histogram",
        "one request, from its head read to its answer sent",
        {"method": (), "route": (), "status_code": ()},
    ),
    Metric("api_transaction_seconds", "histogram", "one ingest transaction, commit included"),
    Metric(
        "api_transaction_messages", "histogram", "messages in one ingest transaction", {}, COUNTS
    ),
    Metric(
        "api_pipeline_seconds",
        "histogram",
        "time from the gateway's receipt to the commit, of a request's oldest message",
    ),
    Metric(
        "api_gateway_auth_total",
        "counter",
        "accepted requests by the token they carried",
        {"token": ("current", "previous")},
    ),
    Metric("api_requests_in_flight", "gauge", "ingest requests admitted and not yet answered"),
    Metric("api_pool_connections", "gauge", "database connections", {"state": ("idle", "busy")}),
)
