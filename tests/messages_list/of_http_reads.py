"""What the API's routes that show something refuse."""

from tests.messages_list.http_row import HttpRow

ROWS = [
    HttpRow("GET /nothing", 404, "not-found", "there is no GET /nothing; see /openapi.json"),
    HttpRow(
        "GET /telegram-images/x.jpg",
        404,
        "not-found",
        "there is no GET /telegram-images/x.jpg; see /openapi.json",
    ),
    HttpRow(
        "GET /page/1/x.js", 404, "not-found", "there is no GET /page/1/x.js; see /openapi.json"
    ),
    HttpRow("GET /<x*300>", 404, "not-found", "there is no GET /…xxxx; see /openapi.json"),
    HttpRow(
        "PATCH /signals",
        405,
        "method-not-allowed",
        "there is no PATCH /signals; allowed is DELETE, GET, HEAD",
    ),
    HttpRow(
        "POST /signals/stream",
        405,
        "method-not-allowed",
        "there is no POST /signals/stream; allowed is GET, HEAD",
    ),
    HttpRow(
        "TRACE /signals",
        405,
        "method-not-allowed",
        "there is no TRACE /signals; allowed is DELETE, GET, HEAD",
    ),
    HttpRow(
        "GET /signals?limit=x", 400, "invalid-query", "limit: must be a whole number from 1 to 1000"
    ),
    HttpRow(
        "GET /signals?limit=1001",
        400,
        "invalid-query",
        "limit: must be a whole number from 1 to 1000",
    ),
    HttpRow(
        "GET /signals?channel=",
        400,
        "invalid-query",
        "channel: must have 1 to 100 characters, and no U+0000",
    ),
    HttpRow(
        "GET /signals?search=<x*101>",
        400,
        "invalid-query",
        "search: must have 1 to 100 characters, and no U+0000",
    ),
    HttpRow(
        "GET /signals?asset=%00",
        400,
        "invalid-query",
        "asset: must have 1 to 50 characters, and no U+0000",
    ),
    HttpRow(
        "GET /signals?from=yesterday",
        400,
        "invalid-query",
        (
            "from: must be a date (2025-10-25, a day in São Paulo), an ISO 8601 time, or epoch "
            "seconds or milliseconds"
        ),
    ),
    HttpRow(
        "GET /signals?to=1990-01-01", 400, "invalid-query", "to: must lie between 2000 and 2100"
    ),
    HttpRow(
        "GET /signals?cursor=1",
        400,
        "invalid-query",
        "cursor: must be the cursor of a row, as it was sent",
    ),
    HttpRow(
        "GET /signals?include=all",
        400,
        "invalid-query",
        "include: must be the word withdrawn, or not there",
    ),
    HttpRow(
        "GET /signals?limit=0&include=all",
        400,
        "invalid-query",
        (
            "limit: must be a whole number from 1 to 1000; include: must be the word withdrawn, "
            "or not there"
        ),
    ),
    HttpRow(
        "GET /signals X-API-Key:wrong",
        403,
        "api-key-wrong",
        "Invalid API key; send this server's TP_CAPITAL_API_KEY as X-API-Key, once",
    ),
    HttpRow("GET /signals.csv?locale=fr", 400, "invalid-query", "locale: must be pt-BR or en"),
    HttpRow(
        "GET /signals.json?from=x",
        400,
        "invalid-query",
        (
            "from: must be a date (2025-10-25, a day in São Paulo), an ISO 8601 time, or epoch "
            "seconds or milliseconds"
        ),
    ),
    HttpRow(
        "GET /forwarded-messages?channelId=x&limit=0",
        400,
        "invalid-query",
        (
            "limit: must be a whole number from 1 to 1000; channelId: must be a chat id such as "
            "-1001234567890"
        ),
    ),
    HttpRow(
        "GET /logs?limit=0&level=",
        400,
        "invalid-query",
        (
            "limit: must be a whole number from 1 to 10000; level: must have 1 to 20 characters, "
            "and no U+0000"
        ),
    ),
    HttpRow(
        "GET /activity?days=91", 400, "invalid-query", "days: must be a whole number from 1 to 90"
    ),
    HttpRow(
        "GET /malformed?cursor=x&limit=201",
        400,
        "invalid-query",
        (
            "limit: must be a whole number from 1 to 200; cursor: must be the cursor of a row, as "
            "it was sent"
        ),
    ),
    HttpRow(
        "GET /messages/-1001/1/revisions",
        404,
        "not-found",
        "there is no message 1 of channel -1001; GET /forwarded-messages lists them",
    ),
    HttpRow(
        "GET /messages/x/y/revisions",
        404,
        "not-found",
        "there is no message y of channel x; GET /forwarded-messages lists them",
    ),
    HttpRow("POST /parse {}", 400, "invalid-body", "text: is required"),
    HttpRow('POST /parse {"text": 5}', 400, "invalid-body", "text: Expected `str`, got `int`"),
    HttpRow(
        'POST /parse {"text": "<é*9000>"}',
        400,
        "invalid-body",
        "text: is longer than 16384 bytes, as no message can be",
    ),
    HttpRow(
        "POST /parse <x*65537>",
        413,
        "too-large",
        "the body has more than 65536 bytes, the limit; send less",
    ),
    HttpRow(
        "GET /signals Host:stranger.example",
        421,
        "foreign-host",
        "stranger.example is no name of this server; ALLOWED_HOSTS lists them",
    ),
]
