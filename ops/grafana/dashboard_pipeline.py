"""The operator's dashboard: is anything lost, is anything late, what flows."""

from ops.grafana.dashboard import Dashboard, Panel, Query, Row, lines, stat

PIPELINE = Dashboard(
    "tpcapital-pipeline",
    "TP Capital / Pipeline",
    "The whole way of a message, from Telegram to the database. Objectives first.",
    (
        Row(
            "Now",
            (
                stat(
                    "Telegram",
                    "1 while every source that is on is connected.",
                    "short",
                    'min(telegram_connection_status{source=~"bot|user"})',
                    1,
                    falls=True,
                ),
                stat(
                    "Lost messages",
                    "Delivered but not in the database, and rows that the outbox lost. Must be 0.",
                    "short",
                    "max(pipeline_lost_messages{}) + max(abs(outbox_unaccounted_rows{}))",
                    1,
                ),
                stat("Waiting", "Rows in the outbox.", "short", "sum(outbox_pending_rows{})", 100),
                stat(
                    "Oldest waiting",
                    "Age of the oldest row in the outbox.",
                    "s",
                    "max(outbox_oldest_pending_age_seconds{})",
                    60,
                ),
                stat(
                    "Freshness",
                    "Age of the oldest message received and not in the database; the aim is 5 s.",
                    "s",
                    "max(pipeline_freshness_seconds{})",
                    5,
                ),
                stat(
                    "Dead letters",
                    "Rows that the API will never take as they are.",
                    "short",
                    "sum(outbox_dead_letter_rows{})",
                    1,
                ),
                Panel(
                    "table",
                    "Firing alerts",
                    "What fires now; the runbook has the alert's name. Watchdog always does.",
                    "short",
                    (Query('ALERTS{alertstate="firing"}'),),
                ),
                lines(
                    "Connection",
                    "1 while the source is connected.",
                    "short",
                    [Query("telegram_connection_status{}", "{{source}}")],
                ),
            ),
        ),
        Row(
            "Objectives",
            (
                stat(
                    "Gateway up, 30 days",
                    "Answering and connected; the aim is 99.9 %.",
                    "percentunit",
                    "1 - max(slo:gateway_down:ratio30d{~})",
                    0.999,
                    falls=True,
                ),
                stat(
                    "Failed requests, 3 days",
                    "Of the requests to the API; the aim is under 0.1 %.",
                    "percentunit",
                    "max(slo:publish_failed:ratio3d{~})",
                    0.001,
                ),
                stat(
                    "Within 100 ms",
                    "Messages in the database within 100 ms of their receipt, over five minutes.",
                    "percentunit",
                    "max(pipeline:latency_within_100ms:ratio_rate5m{~})",
                    0.95,
                    falls=True,
                ),
                stat(
                    "Requests within 10 ms",
                    "Of the gateway's requests to the API, last 5 minutes of traffic.",
                    "percentunit",
                    "max(gateway:request_within_10ms:ratio_rate5m{~})",
                    0.95,
                    falls=True,
                ),
                stat(
                    "Database errors, 1 day",
                    "Failed transactions; the aim is none.",
                    "short",
                    "sum(increase(api_timescaledb_errors_total{}[1d]))",
                    1,
                ),
                stat(
                    "Restarts, 1 day",
                    "Of both services; the aim is at most one of the API.",
                    "short",
                    "sum(changes(process_start_time_seconds{}[1d]))",
                    2,
                ),
            ),
        ),
        Row(
            "Flow",
            (
                lines(
                    "Messages",
                    "Received from Telegram, published to the API, failed requests.",
                    "cpm",
                    [
                        Query(
                            "60 * sum(rate(telegram_messages_received_total{}[$__rate_interval]))",
                            "received",
                        ),
                        Query(
                            "60 * sum(rate(telegram_messages_published_total{}[$__rate_interval]))",
                            "published",
                        ),
                        Query(
                            "60 * sum(rate(telegram_publish_failures_total{}[$__rate_interval]))",
                            "failed requests",
                        ),
                    ],
                ),
                lines(
                    "What became of them",
                    "Outcomes in the database.",
                    "cpm",
                    [
                        Query(
                            "60 * sum by (outcome)"
                            " (rate(api_ingest_messages_total{}[$__rate_interval]))",
                            "{{outcome}}",
                        )
                    ],
                ),
                lines(
                    "Receipt to database",
                    "Of a request's oldest message; the aim is 100 ms.",
                    "s",
                    [
                        Query(
                            f"histogram_quantile({share}, sum by (le)"
                            " (rate(api_pipeline_seconds_bucket{}[$__rate_interval])))",
                            name,
                        )
                        for share, name in ((0.5, "p50"), (0.95, "p95"), (0.99, "p99"))
                    ],
                    0.1,
                ),
                lines(
                    "Waiting",
                    "Rows in the outbox.",
                    "short",
                    [Query("outbox_pending_rows{}", "rows")],
                ),
                lines(
                    "Texts",
                    "What the parser saw; malformed: a signal that it could not read.",
                    "cpm",
                    [
                        Query(
                            "60 * sum by (kind)"
                            " (rate(api_parse_results_total{}[$__rate_interval]))",
                            "{{kind}}",
                        )
                    ],
                ),
                lines(
                    "Unexplained messages",
                    "Received, less published, waiting, dead and duplicate, over an hour.",
                    "short",
                    [Query("gateway:unexplained_messages:increase1h{~}", "messages")],
                    5,
                ),
            ),
        ),
    ),
)
