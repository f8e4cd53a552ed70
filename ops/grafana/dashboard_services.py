"""The two services' own dashboards."""

from ops.grafana.dashboard import Dashboard, Panel, Query, Row, lines, stat


def _quantiles(metric: str) -> list[Query]:
    return [
        Query(
            f"histogram_quantile({share}, sum by (le)"
            f" (rate({metric}_bucket{{}}[$__rate_interval])))",
            name,
        )
        for share, name in ((0.5, "p50"), (0.95, "p95"))
    ]


def _rate(metric: str, label: str) -> list[Query]:
    expr = f"60 * sum by ({label}) (rate({metric}{{}}[$__rate_interval]))"
    return [Query(expr, f"{{{{{label}}}}}")]


def _process(megabytes: float) -> tuple[Panel, ...]:
    cpu = "rate(process_cpu_seconds_total{}[$__rate_interval])"
    return (
        lines(
            "Memory",
            "Resident; the line is the aim.",
            "decbytes",
            [Query("process_resident_memory_bytes{}", "{{instance}}")],
            megabytes * 1e6,
        ),
        lines("Processor", "Of one core.", "percentunit", [Query(cpu, "{{instance}}")]),
        lines(
            "File descriptors",
            "Open, of those that it may have.",
            "percentunit",
            [Query("process_open_fds{} / process_max_fds{}", "{{instance}}")],
            0.8,
        ),
    )


_BUILD = Panel(
    "table",
    "Build",
    "The release that runs.",
    "short",
    (Query("count by (service_name, service_version, instance) (target_info{})"),),
)

GATEWAY = Dashboard(
    "tpcapital-gateway",
    "TP Capital / Gateway",
    "Telegram's side, the outbox and the relay.",
    (
        Row(
            "Telegram",
            (
                stat("Flood wait", "Still to wait.", "s", "max(telegram_flood_wait_seconds{})", 60),
                stat(
                    "Login needed",
                    "1: a person must act.",
                    "short",
                    "max(telegram_login_required{})",
                    1,
                ),
                lines(
                    "Received",
                    "By source.",
                    "cpm",
                    _rate("telegram_messages_received_total", "source"),
                ),
                lines(
                    "Delay of Telegram",
                    "From the send time, which has whole seconds, to our receipt.",
                    "s",
                    _quantiles("telegram_receive_delay_seconds"),
                ),
                lines(
                    "Last message",
                    "Age of the newest message of each channel.",
                    "s",
                    [Query("time() - telegram_last_update_timestamp_seconds{}", "{{channel}}")],
                    3600,
                ),
                lines(
                    "Comparisons",
                    "With Telegram.",
                    "cpm",
                    _rate("telegram_reconciles_total", "result"),
                ),
            ),
        ),
        Row(
            "Outbox",
            (
                lines(
                    "Commit",
                    "One group commit with fsync.",
                    "s",
                    _quantiles("outbox_commit_seconds"),
                ),
                lines(
                    "Rows",
                    "Waiting and dead.",
                    "short",
                    [
                        Query("outbox_pending_rows{}", "waiting"),
                        Query("outbox_dead_letter_rows{}", "dead letters"),
                    ],
                ),
                lines(
                    "File",
                    "With its write-ahead log.",
                    "decbytes",
                    [Query("outbox_size_bytes{}", "file")],
                ),
                lines(
                    "Free space",
                    "Where the outbox lives.",
                    "decbytes",
                    [Query("outbox_disk_free_bytes{}", "free")],
                ),
                stat("Held", "1: commits are held back.", "short", "max(outbox_held{})", 1),
                stat(
                    "Unaccounted",
                    "Rows lost from the file.",
                    "short",
                    "max(outbox_unaccounted_rows{})",
                    1,
                ),
            ),
        ),
        Row(
            "Relay",
            (
                lines(
                    "Request to the API",
                    "The aim is 10 ms.",
                    "s",
                    _quantiles("relay_request_seconds"),
                    0.01,
                ),
                lines(
                    "Failed requests",
                    "By reason.",
                    "cpm",
                    _rate("telegram_publish_failures_total", "reason"),
                ),
                lines(
                    "Outbox to answer",
                    "From commit to the API's answer; the aim is 5 s.",
                    "s",
                    _quantiles("relay_delivery_seconds"),
                    5,
                ),
                stat(
                    "State", "0 delivering, 1 retrying, 2 held.", "short", "max(relay_state{})", 1
                ),
            ),
        ),
        Row("Process", (*_process(150), _BUILD)),
    ),
    jobs="tp-gateway",
)

_REQUESTS = "api_http_request_duration_seconds"
API = Dashboard(
    "tpcapital-api",
    "TP Capital / API and database",
    "Requests, transactions, the pool and the process.",
    (
        Row(
            "Requests",
            (
                lines("Rate", "By route.", "cpm", _rate(f"{_REQUESTS}_count", "route")),
                lines("Answers", "By status.", "cpm", _rate(f"{_REQUESTS}_count", "status_code")),
                lines(
                    "Time",
                    "From the head read to the answer sent, by route, p95.",
                    "s",
                    [
                        Query(
                            f"histogram_quantile(0.95, sum by (le, route)"
                            f" (rate({_REQUESTS}_bucket{{}}[$__rate_interval])))",
                            "{{route}}",
                        )
                    ],
                ),
                lines(
                    "Ingest", "By status.", "cpm", _rate("api_ingestion_requests_total", "status")
                ),
                lines(
                    "Tokens", "Which one was sent.", "cpm", _rate("api_gateway_auth_total", "token")
                ),
                lines(
                    "Signals stored",
                    "By type.",
                    "cpm",
                    _rate("api_signals_inserted_total", "signal_type"),
                ),
            ),
        ),
        Row(
            "Database",
            (
                stat(
                    "Database",
                    "1 while it answers.",
                    "short",
                    "max(api_database_up{})",
                    1,
                    falls=True,
                ),
                stat(
                    "Waiting", "For a connection.", "short", "sum(api_pool_waiting_requests{})", 1
                ),
                lines("Transaction", "With commit.", "s", _quantiles("api_transaction_seconds")),
                lines(
                    "Connections",
                    "Of the pool.",
                    "short",
                    [Query("sum by (state) (api_pool_connections{})", "{{state}}")],
                ),
                lines(
                    "Errors", "By kind.", "cpm", _rate("api_timescaledb_errors_total", "error_type")
                ),
                lines(
                    "At work",
                    "Ingest requests in flight and listeners.",
                    "short",
                    [
                        Query("sum(api_requests_in_flight{})", "in flight"),
                        Query("sum(api_stream_listeners{})", "listeners"),
                    ],
                ),
            ),
        ),
        Row("Process", (*_process(200), _BUILD)),
    ),
    jobs="tp-api",
)
