"""What the API's registers of channels and bots refuse."""

from tests.messages_list.http_row import HttpRow

ROWS = [
    HttpRow(
        "POST /telegram-channels X-API-Key:{key} {}", 400, "invalid-body", "label: is required"
    ),
    HttpRow(
        'POST /telegram-channels X-API-Key:{key} {"label": "a", "channel_id": "x"}',
        400,
        "invalid-body",
        "channel_id: Expected `str` matching regex '^-?[0-9]{1,19}$'",
    ),
    HttpRow(
        'POST /telegram-channels X-API-Key:{key} {"label": "a", "channel_id": 0}',
        400,
        "invalid-body",
        "channel_id: must be a chat id: -100… for a channel",
    ),
    HttpRow(
        'POST /telegram-channels X-API-Key:{key} {"label": "", "channel_id": "-1001"}',
        400,
        "invalid-body",
        "label: Expected `str` of length >= 1",
    ),
    HttpRow(
        (
            'POST /telegram-channels X-API-Key:{key} {"label": "a", "channel_id": "-1001", '
            '"channel_type": "both"}'
        ),
        400,
        "invalid-body",
        "channel_type: must be one of source, destination",
    ),
    HttpRow(
        (
            "POST /telegram-channels X-API-Key:{key} "
            "Content-Type:application/x-www-form-urlencoded label=%ff"
        ),
        400,
        "invalid-body",
        "$: holds bytes that are no UTF-8",
    ),
    HttpRow(
        (
            "POST /telegram-channels X-API-Key:{key} "
            "Content-Type:application/x-www-form-urlencoded <a=1&*101>"
        ),
        400,
        "invalid-body",
        "$: has more than 100 fields",
    ),
    HttpRow(
        "PUT /telegram-channels/x X-API-Key:{key} {}",
        400,
        "invalid-body",
        (
            "$: holds nothing to change; it may hold label, channel_id, channel_type, "
            "description, status, signal_count, last_signal"
        ),
    ),
    HttpRow(
        'PUT /telegram-channels/x X-API-Key:{key} {"label": "b"}',
        404,
        "not-found",
        "there is no channel x; GET /telegram-channels lists them",
    ),
    HttpRow(
        'PUT /telegram/channels/x X-API-Key:{key} {"signal_count": -1}',
        400,
        "invalid-body",
        "signal_count: Expected `int` >= 0",
    ),
    HttpRow(
        'PUT /telegram/channels/x X-API-Key:{key} {"last_signal": "2025-10-25"}',
        400,
        "invalid-body",
        "last_signal: Invalid RFC3339 encoded datetime",
    ),
    HttpRow(
        "DELETE /telegram/channels/x X-API-Key:{key}",
        404,
        "not-found",
        "there is no channel x; GET /telegram-channels lists them",
    ),
    HttpRow("POST /telegram/bots X-API-Key:{key} {}", 400, "invalid-body", "username: is required"),
    HttpRow(
        'POST /telegram/bots X-API-Key:{key} {"username": "a b", "token": "x"}',
        400,
        "invalid-body",
        "username: Expected `str` matching regex '^[A-Za-z0-9_]{5,32}$'",
    ),
    HttpRow(
        'POST /telegram/bots X-API-Key:{key} {"username": "a_bot", "token": "{password}"}',
        400,
        "invalid-body",
        "token: Expected `str` of length >= 40",
    ),
    HttpRow(
        ('POST /telegram/bots X-API-Key:{key} {"username": "a_bot", "token": "{password}<x*40>"}'),
        400,
        "invalid-body",
        "token: Expected `str` matching regex '^[0-9]+:[A-Za-z0-9_-]+$'",
    ),
    HttpRow(
        'POST /telegram/bots X-API-Key:{key} {"username": "a_bot", "token": 5}',
        400,
        "invalid-body",
        "token: Expected `str`, got `int`",
    ),
    HttpRow(
        "PUT /telegram/bots/x X-API-Key:{key} {}",
        400,
        "invalid-body",
        ("$: holds nothing to change; it may hold username, token, bot_type, description, status"),
    ),
    HttpRow(
        'PUT /telegram/bots/x X-API-Key:{key} {"status": "gone"}',
        400,
        "invalid-body",
        "status: must be one of active, inactive, deleted",
    ),
    HttpRow(
        'PUT /telegram/bots/x X-API-Key:{key} {"status": "active"}',
        404,
        "not-found",
        "there is no bot x; GET /telegram/bots lists them",
    ),
    HttpRow(
        "DELETE /telegram/bots/x X-API-Key:{key}",
        404,
        "not-found",
        "there is no bot x; GET /telegram/bots lists them",
    ),
]
