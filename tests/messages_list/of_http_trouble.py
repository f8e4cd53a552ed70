"""What an API answers that is closed, asked too often, or without its database."""

from tests.messages_list.http_row import HttpRow

CLOSED = [
    HttpRow(
        "GET /signals",
        401,
        "api-key-missing",
        ("X-API-Key header is required; send this server's TP_CAPITAL_API_KEY as X-API-Key, once"),
    ),
    HttpRow(
        "GET /signals/stream",
        401,
        "api-key-missing",
        ("X-API-Key header is required; send this server's TP_CAPITAL_API_KEY as X-API-Key, once"),
    ),
    HttpRow(
        "GET /signals.csv",
        401,
        "api-key-missing",
        ("X-API-Key header is required; send this server's TP_CAPITAL_API_KEY as X-API-Key, once"),
    ),
    HttpRow(
        "GET /telegram-images/x",
        401,
        "api-key-missing",
        ("X-API-Key header is required; send this server's TP_CAPITAL_API_KEY as X-API-Key, once"),
    ),
    HttpRow(
        "POST /parse {}",
        401,
        "api-key-missing",
        ("X-API-Key header is required; send this server's TP_CAPITAL_API_KEY as X-API-Key, once"),
    ),
    HttpRow(
        "GET /logs X-API-Key:wrong",
        403,
        "api-key-wrong",
        "Invalid API key; send this server's TP_CAPITAL_API_KEY as X-API-Key, once",
    ),
]

ASKED = [
    HttpRow("GET /signals", 429, "rate-limited", "more than 1 requests in 60 s; wait … s"),
]

LONE = [
    HttpRow(
        "GET /signals",
        503,
        "database-unavailable",
        "the database is away: couldn't get a connection after 0.10 sec; try again soon",
    ),
    HttpRow(
        "GET /signals/stream",
        503,
        "database-unavailable",
        "the database is not ready yet; connect again soon",
    ),
    HttpRow(
        "POST /ingest X-Gateway-Token:{token} {good}",
        503,
        "database-unavailable",
        "the database is not ready yet; send again",
    ),
    HttpRow(
        'POST /ingest/batch X-Gateway-Token:{token} {"messages": [{good}]}',
        503,
        "database-unavailable",
        "the database is not ready yet; send again",
    ),
    HttpRow(
        'POST /gateway/status X-Gateway-Token:{token} {"version": "1"}',
        503,
        "database-unavailable",
        "the database is away: couldn't get a connection after 0.10 sec; try again soon",
    ),
    HttpRow(
        (
            'POST /ingest/canary X-Gateway-Token:{token} {"number": 1, "sentAt": '
            '"2025-10-25T13:00:00Z"}'
        ),
        503,
        "database-unavailable",
        "the database is away: couldn't get a connection after 0.10 sec; try again soon",
    ),
    HttpRow(
        "POST /full-scan",
        503,
        "database-unavailable",
        "the database is away: couldn't get a connection after 0.10 sec; try again soon",
    ),
    HttpRow(
        "POST /clean-signals",
        503,
        "database-unavailable",
        "the database is away: couldn't get a connection after 0.10 sec; try again soon",
    ),
    HttpRow(
        "POST /sync-messages",
        503,
        "database-unavailable",
        "the database is away: couldn't get a connection after 0.10 sec; try again soon",
    ),
    HttpRow(
        "GET /overview",
        503,
        "database-unavailable",
        "the database is away: couldn't get a connection after 0.10 sec; try again soon",
    ),
    HttpRow(
        "GET /telegram-channels",
        503,
        "database-unavailable",
        "the database is away: couldn't get a connection after 0.10 sec; try again soon",
    ),
    HttpRow(
        "GET /signals.csv",
        503,
        "database-unavailable",
        "the database is away: couldn't get a connection after 0.10 sec; try again soon",
    ),
    HttpRow(
        "GET /messages/1/1/revisions",
        503,
        "database-unavailable",
        "the database is away: couldn't get a connection after 0.10 sec; try again soon",
    ),
    HttpRow(
        "GET /health",
        503,
        "",
        (
            "timescaledb: the database is away: couldn't get a connection after 0.10 sec; try "
            "again soon; schema: not migrated yet"
        ),
    ),
    HttpRow(
        "GET /ready",
        503,
        "",
        (
            "timescaledb: the database is away: couldn't get a connection after 0.10 sec; try "
            "again soon"
        ),
    ),
    HttpRow("GET /readyz", 503, "", "the database is not migrated yet"),
]
