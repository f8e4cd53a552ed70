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
BACKUP_PARTS = ("outbox", "session", "channels", "database")

GATEWAY = (
    Metric(
        "telegram_connection_status",
        "gauge",
        "1 while the source is connected, else 0; a series for each source that is on",
        {"source": SOURCES},
    ),
    Metric(
        "telegram_login_required",
        "gauge",
        "1 while only a person can bring the source back (login, token, ban)",
        {"source": SOURCES},
    ),
    Metric(
        "telegram_messages_received_total",
        "counter",
        "messages that a source handed to the outbox, duplicates included",
        {"source": SOURCES},
    ),
    Metric(
        "telegram_messages_published_total",
        "counter",
        "messages the API answered for, by the source that brought them and its outcome",
        {"source": SOURCES, "outcome": OUTCOMES[:-1]},
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
    Metric(
        "telegram_last_update_timestamp_seconds",
        "gauge",
        "when the newest message of a tracked channel came, seconds since 1970",
        {"channel": ()},
    ),
    Metric(
        "telegram_reconcile_lag_events",
        "gauge",
        "events (pts) of a tracked channel that Telegram has and we have not taken yet",
        {"channel": ()},
    ),
    Metric(
        "telegram_reconciles_total",
        "counter",
        "comparisons of a channel with Telegram, by what they found",
        {"result": ("current", "difference", "too_long", "failed")},
    ),
    Metric(
        "telegram_receive_delay_seconds",
        "histogram",
        "from Telegram's send time, which has whole seconds, to our receipt of a live message",
        {"source": ("bot", "user")},
        (0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 3600.0),
    ),
    Metric(
        "telegram_flood_wait_seconds",
        "gauge",
        "longest wait that Telegram still asks for",
        {"source": ("bot", "user")},
    ),
    Metric(
        "telegram_flood_waits_total",
        "counter",
        "waits that Telegram asked for",
        {"source": ("bot", "user")},
    ),
    Metric(
        "telegram_undecoded_updates_total",
        "counter",
        "updates that could not be read and were kept raw",
        {"source": ("bot", "user")},
    ),
    Metric(
        "telegram_deletions_total",
        "counter",
        "deletions noticed, by what was done about them",
        {"result": ("applied", "held", "unknown")},
    ),
    Metric(
        "telegram_holes_total",
        "counter",
        "message ids that Telegram no longer had when a gap was filled",
    ),
    Metric(
        "telegram_forwarded_total",
        "counter",
        "messages for the destination channel, by what became of them",
        {"result": ("forwarded", "refused")},
    ),
    Metric("telegram_forward_pending", "gauge", "messages that wait to be forwarded"),
    Metric(
        "telegram_media_files_total",
        "counter",
        "files of messages, by what became of them",
        {"result": ("done", "refused", "expired")},
    ),
    Metric("telegram_media_pending", "gauge", "files that wait to be downloaded"),
    Metric("outbox_pending_rows", "gauge", "rows that wait for delivery"),
    Metric("outbox_dead_letter_rows", "gauge", "rows the API will never take as they are"),
    Metric("outbox_oldest_pending_age_seconds", "gauge", "age of the oldest pending row"),
    Metric(
        "outbox_unaccounted_rows",
        "gauge",
        "rows ever appended, less those here and those purged; not 0: the outbox has lost some",
    ),
    Metric(
        "outbox_held", "gauge", "1 while commits are held back (disk full, file locked), else 0"
    ),
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
    Metric(
        "ops_backup_last_success_timestamp_seconds",
        "gauge",
        "when the part was last backed up well, seconds since 1970; outbox is 0 before the first"
        " time, the others appear with it",
        {"what": BACKUP_PARTS},
    ),
    Metric(
        "ops_restore_drill_last_success_timestamp_seconds",
        "gauge",
        "when a backup of the part last passed `tpcapital restore --check`; as above",
        {"what": BACKUP_PARTS},
    ),
    Metric(
        "pipeline_freshness_seconds",
        "gauge",
        "age of the oldest message received and not yet in the database; 0 when there is none",
    ),
    Metric(
        "pipeline_canary_last_success_timestamp_seconds",
        "gauge",
        "when a canary last came back from the database, seconds since 1970; no series when off",
    ),
    Metric(
        "pipeline_canary_duration_seconds",
        "histogram",
        "a canary's way: outbox, relay, API, database and back",
    ),
    Metric(
        "pipeline_canary_failures_total",
        "counter",
        "canaries that did not come back, by reason",
        {"reason": FAILURE_REASONS},
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
        "api_reads_total",
        "counter",
        "reads that TIMESCALEDB_READ_URL's replica answered, or the primary in its place",
        {"server": ("replica", "primary")},
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
    Metric("api_stream_listeners", "gauge", "clients of GET /signals/stream"),
    Metric("api_pool_connections", "gauge", "database connections", {"state": ("idle", "busy")}),
    Metric("api_pool_waiting_requests", "gauge", "requests that wait for a database connection"),
    Metric(
        "pipeline_lost_messages",
        "gauge",
        "of the newest rows that the gateway has as delivered, those not in the database",
    ),
    Metric("api_database_up", "gauge", "1 if the database answered at this scrape, else 0"),
)
