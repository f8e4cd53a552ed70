"""What the API's routes that change something refuse."""

from tests.messages_list.http_row import HttpRow

ROWS = [
    HttpRow(
        "DELETE /signals",
        401,
        "api-key-missing",
        ("X-API-Key header is required; send this server's TP_CAPITAL_API_KEY as X-API-Key, once"),
    ),
    HttpRow(
        "DELETE /signals X-API-Key:wrong",
        403,
        "api-key-wrong",
        "Invalid API key; send this server's TP_CAPITAL_API_KEY as X-API-Key, once",
    ),
    HttpRow(
        "POST /telegram/bots",
        401,
        "api-key-missing",
        ("X-API-Key header is required; send this server's TP_CAPITAL_API_KEY as X-API-Key, once"),
    ),
    HttpRow(
        "POST /clean-signals X-API-Key:wrong",
        403,
        "api-key-wrong",
        "Invalid API key; send this server's TP_CAPITAL_API_KEY as X-API-Key, once",
    ),
    HttpRow("DELETE /signals X-API-Key:{key}", 400, "invalid-body", "ingestedAt: is required"),
    HttpRow("DELETE /signals X-API-Key:{key} []", 400, "invalid-body", "$: must be a JSON object"),
    HttpRow(
        "DELETE /signals X-API-Key:{key} {", 400, "invalid-body", "$: Input data was truncated"
    ),
    HttpRow(
        'DELETE /signals X-API-Key:{key} {"ingestedAt": "\udcff"}',
        400,
        "invalid-body",
        "$: holds bytes that are no UTF-8",
    ),
    HttpRow(
        "DELETE /signals X-API-Key:{key} <[*60000>", 400, "invalid-body", "$: is nested too deeply"
    ),
    HttpRow(
        "DELETE /signals X-API-Key:{key} <x*65537>",
        413,
        "too-large",
        "the body has more than 65536 bytes, the limit; send less",
    ),
    HttpRow(
        'DELETE /signals X-API-Key:{key} {"ingestedAt": 5}',
        400,
        "invalid-body",
        "ingestedAt: Expected `str`, got `int`",
    ),
    HttpRow(
        'DELETE /signals X-API-Key:{key} {"ingestedAt": "yesterday"}',
        400,
        "invalid-body",
        "ingestedAt: must be a time as GET /signals shows it",
    ),
    HttpRow(
        'DELETE /signals X-API-Key:{key} {"ingestedAt": "2025-10-25T13:00:00.000Z"}',
        404,
        "not-found",
        (
            "no signal on the list was stored at 2025-10-25T13:00:00.000Z; GET /signals shows "
            "ingestedAt"
        ),
    ),
    HttpRow(
        'DELETE /signals X-API-Key:{key} {"ingestedAt": "\\u0000"}',
        400,
        "invalid-body",
        "$: holds U+0000, which no database text may hold",
    ),
    HttpRow(
        "POST /signals/7/restore X-API-Key:{key}",
        404,
        "not-found",
        "there is no signal 7; GET /signals?include=withdrawn lists them",
    ),
    HttpRow(
        "POST /sync-messages X-API-Key:{key}",
        503,
        "gateway-unavailable",
        "no gateway has reported to this API yet; start it, and see its log",
    ),
    HttpRow(
        "POST /reload-channels X-API-Key:{key}",
        503,
        "gateway-unavailable",
        "no gateway has reported to this API yet; start it, and see its log",
    ),
    HttpRow("POST /full-scan X-API-Key:{key} []", 400, "invalid-body", "$: must be a JSON object"),
    HttpRow(
        "POST /clean-signals X-API-Key:{key} Origin:http://stranger.example",
        403,
        "foreign-origin",
        "a page of another origin may not write; CORS_ORIGIN lists those that may",
    ),
    HttpRow(
        "POST /clean-signals X-API-Key:{key} Sec-Fetch-Site:cross-site",
        403,
        "foreign-origin",
        "a page of another origin may not write; CORS_ORIGIN lists those that may",
    ),
    HttpRow(
        ("POST /full-scan X-API-Key:{key} Transfer-Encoding:chunked Content-Length:5 0\r\n\r\n"),
        400,
        "invalid-body",
        "send Content-Length or Transfer-Encoding, not both",
    ),
    HttpRow(
        "POST /signals/x/restore X-API-Key:{key}",
        404,
        "not-found",
        "there is no signal x; GET /signals?include=withdrawn lists them",
    ),
]
