"""What the gateway's own port refuses."""

from tests.messages_list.http_row import NESTED, HttpRow

ROWS = [
    HttpRow(
        "GET /nothing",
        404,
        "not-found",
        "there is no GET /nothing; docs/reference/http.md has what there is",
    ),
    HttpRow(
        "GET /outbox/append",
        405,
        "method-not-allowed",
        "there is no GET /outbox/append; allowed is POST",
    ),
    HttpRow("POST /health", 405, "method-not-allowed", "there is no POST /health; allowed is GET"),
    HttpRow(
        "GET /livez Host:stranger.example",
        421,
        "foreign-host",
        "stranger.example is not this gateway; ask 127.0.0.1 or localhost",
    ),
    HttpRow(
        "POST /outbox/retry",
        401,
        "unauthorized",
        (
            "X-Control-Token is not the token in the outbox's lock file; read it again, each "
            "start makes another"
        ),
    ),
    HttpRow(
        "POST /outbox/retry X-Control-Token:wrong {}",
        401,
        "unauthorized",
        (
            "X-Control-Token is not the token in the outbox's lock file; read it again, each "
            "start makes another"
        ),
    ),
    HttpRow(
        "POST /outbox/retry X-Control-Token:{token}", 400, "invalid-message", "$.seqs: is required"
    ),
    HttpRow(
        "POST /outbox/retry X-Control-Token:{token} {",
        400,
        "invalid-message",
        "$: Input data was truncated",
    ),
    HttpRow(
        'POST /outbox/retry X-Control-Token:{token} {"seqs": null, "x": <[*100000>',
        400,
        "invalid-message",
        NESTED,
    ),
    HttpRow(
        "POST /outbox/retry X-Control-Token:{token} Content-Encoding:gzip {}",
        415,
        "unsupported-media-type",
        "send the body as it is, not compressed",
    ),
    HttpRow(
        'POST /outbox/retry X-Control-Token:{token} {"seqs": [0]}',
        400,
        "invalid-message",
        "$.seqs[0]: Expected `int` >= 1",
    ),
    HttpRow(
        "POST /outbox/retry X-Control-Token:{token} < *33554433>",
        413,
        "too-large",
        "the body has more than 33554432 bytes, the limit; send less at a time",
    ),
    HttpRow(
        'POST /outbox/discard X-Control-Token:{token} {"seqs": [1], "reason": ""}',
        400,
        "invalid-message",
        "$.reason: Expected `str` of length >= 1",
    ),
    HttpRow(
        'POST /outbox/discard X-Control-Token:{token} {"seqs": [1], "reason": "\udcff"}',
        400,
        "invalid-message",
        "$: holds bytes that are no UTF-8",
    ),
    HttpRow(
        'POST /outbox/append X-Control-Token:{token} {"source": "Import", "messages": []}',
        400,
        "invalid-message",
        "$.source: Expected `str` matching regex '^[a-z][a-z0-9_]{0,31}$'",
    ),
    HttpRow(
        ('POST /outbox/append X-Control-Token:{token} {"source": "import", "messages": [{}]}'),
        400,
        "invalid-message",
        "$.messages[0].channelId: is required",
    ),
    HttpRow(
        (
            'POST /outbox/append X-Control-Token:{token} {"source": "import", "messages": [{good, '
            '"channelId": 0}]}'
        ),
        400,
        "invalid-message",
        (
            "$.messages[0].channelId: must be a 64-bit id in the marked form (a channel is "
            "-100…), not 0"
        ),
    ),
    HttpRow(
        "POST /canary X-Control-Token:{token} []",
        400,
        "invalid-message",
        "$: Expected `object`, got `array`",
    ),
    HttpRow(
        "POST /sync",
        401,
        "unauthorized",
        (
            "X-Gateway-Token is not this gateway's API_SECRET_TOKEN; send the one that it shares "
            "with the API, once"
        ),
    ),
    HttpRow(
        "POST /sync X-Gateway-Token:{shared} []",
        400,
        "invalid-message",
        "$: Expected `object`, got `array`",
    ),
    HttpRow(
        "POST /channels/reload X-Control-Token:{token}",
        400,
        "invalid-message",
        ("…/channels.toml: Invalid value (at line 1, column 11). Correct it; nothing was changed."),
    ),
    HttpRow(
        "POST /channels/check X-Control-Token:{token} {}",
        400,
        "invalid-message",
        "$.channel_id: is required",
    ),
    HttpRow(
        'POST /channels/check X-Control-Token:{token} {"channel_id": 5}',
        400,
        "invalid-message",
        "$.channel_id: Expected `int` <= -1",
    ),
    HttpRow(
        'POST /channels/check X-Control-Token:{token} {"channel_id": -1001}',
        503,
        "not-connected",
        (
            "the user session is not connected, and only it can read history; GET /health tells "
            "why, and what to do"
        ),
    ),
    HttpRow(
        "POST /channels/deletions/apply X-Control-Token:{token} {}",
        400,
        "invalid-message",
        "$.channel_id: is required",
    ),
    HttpRow(
        'POST /channels/deletions/dismiss X-Control-Token:{token} {"channel_id": "x"}',
        400,
        "invalid-message",
        "$.channel_id: Expected `int`, got `str`",
    ),
    HttpRow(
        'POST /backfill/start X-Control-Token:{token} {"channel_id": -1001}',
        503,
        "not-connected",
        (
            "the user session is not connected, and only it can read history; GET /health tells "
            "why, and what to do"
        ),
    ),
    HttpRow(
        (
            'POST /backfill/start X-Control-Token:{token} {"channel_id": -1001, "since": '
            '"2025-10-25"}'
        ),
        400,
        "invalid-message",
        "$.since: Invalid RFC3339 encoded datetime",
    ),
    HttpRow(
        "POST /backfill/status X-Control-Token:{token} {}",
        400,
        "invalid-message",
        "$.channel_id: is required",
    ),
]
