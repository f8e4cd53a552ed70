"""What the API finds wrong in bodies that a gateway sends."""

from tests.messages_list.http_row import NESTED, HttpRow

ROWS = [
    HttpRow(
        "POST /ingest X-Gateway-Token:{token} []",
        400,
        "invalid-message",
        "$: Expected `object`, got `array`",
    ),
    HttpRow(
        "POST /ingest X-Gateway-Token:{token} {",
        400,
        "invalid-message",
        "$: Input data was truncated",
    ),
    HttpRow(
        "POST /ingest X-Gateway-Token:{token} {}",
        400,
        "invalid-message",
        "$.channelId: is required",
    ),
    HttpRow(
        'POST /ingest X-Gateway-Token:{token} {good, "text": "\udcff"}',
        400,
        "invalid-message",
        "$: holds bytes that are no UTF-8",
    ),
    HttpRow(
        'POST /ingest X-Gateway-Token:{token} {good, "x": <[*100000>',
        400,
        "invalid-message",
        NESTED,
    ),
    HttpRow(
        'POST /ingest X-Gateway-Token:{token} {good, "channelId": 0}',
        400,
        "invalid-message",
        "$.channelId: must be a 64-bit id in the marked form (a channel is -100…), not 0",
    ),
    HttpRow(
        'POST /ingest X-Gateway-Token:{token} {good, "channelId": "x"}',
        400,
        "invalid-message",
        "$.channelId: Expected `str` matching regex '^-?[0-9]{1,19}$'",
    ),
    HttpRow(
        'POST /ingest X-Gateway-Token:{token} {good, "channelId": 1.5}',
        400,
        "invalid-message",
        "$.channelId: Expected `int | str`, got `float`",
    ),
    HttpRow(
        'POST /ingest X-Gateway-Token:{token} {good, "messageId": 0}',
        400,
        "invalid-message",
        "$.messageId: Expected `int` >= 1",
    ),
    HttpRow(
        'POST /ingest X-Gateway-Token:{token} {good, "text": 5}',
        400,
        "invalid-message",
        "$.text: Expected `str`, got `int`",
    ),
    HttpRow(
        'POST /ingest X-Gateway-Token:{token} {good, "text": "<é*9000>"}',
        400,
        "invalid-message",
        "$.text: 18000 bytes; the limit is 16384",
    ),
    HttpRow(
        'POST /ingest X-Gateway-Token:{token} {good, "text": "\\u0000"}',
        400,
        "invalid-message",
        "$.text: holds U+0000, which no database text may hold",
    ),
    HttpRow(
        'POST /ingest X-Gateway-Token:{token} {good, "timestamp": "2025-10-25"}',
        400,
        "invalid-message",
        "$.timestamp: Invalid RFC3339 encoded datetime",
    ),
    HttpRow(
        'POST /ingest X-Gateway-Token:{token} {good, "timestamp": "2025-10-25T13:00:00"}',
        400,
        "invalid-message",
        "$.timestamp: Expected `datetime` with a timezone component",
    ),
    HttpRow(
        'POST /ingest X-Gateway-Token:{token} {good, "timestamp": "1990-10-25T00:00:00Z"}',
        400,
        "invalid-message",
        "$.timestamp: must lie between 2000 and 2100",
    ),
    HttpRow(
        'POST /ingest X-Gateway-Token:{token} {good, "origin": {"channelId": 0}}',
        400,
        "invalid-message",
        "$.origin.channelId: must be a 64-bit id in the marked form, not 0",
    ),
    HttpRow(
        'POST /ingest X-Gateway-Token:{token} {good, "origin": {"messageId": 0}}',
        400,
        "invalid-message",
        "$.origin.messageId: Expected `int` >= 1",
    ),
    HttpRow(
        'POST /ingest X-Gateway-Token:{token} {good, "photos": [<1,*64>1]}',
        400,
        "invalid-message",
        "$.photos[0]: Expected `str | object`, got `int`",
    ),
    HttpRow(
        "POST /ingest/batch X-Gateway-Token:{token} {}",
        400,
        "invalid-message",
        "$.messages: is required",
    ),
    HttpRow(
        'POST /ingest/batch X-Gateway-Token:{token} {"messages": []}',
        400,
        "invalid-message",
        "$.messages: 0 messages; a batch holds 1 to 500",
    ),
    HttpRow(
        'POST /ingest/batch X-Gateway-Token:{token} {"messages": {}}',
        400,
        "invalid-message",
        "$.messages: Expected `array`, got `object`",
    ),
    HttpRow(
        'POST /ingest/batch X-Gateway-Token:{token} {"messages": [<1,*500>1]}',
        400,
        "invalid-message",
        "$.messages: 501 messages; a batch holds 1 to 500",
    ),
    HttpRow(
        "POST /ingest/canary X-Gateway-Token:{token} {}",
        400,
        "invalid-body",
        "$.number: is required",
    ),
    HttpRow(  # Pythons differ in what is too deep for them
        'POST /ingest/canary X-Gateway-Token:{token} {"x": <[*1000>',
        400,
        "invalid-body",
        "$: …",
    ),
    HttpRow(
        'POST /ingest/canary X-Gateway-Token:{token} {"number": 0}',
        400,
        "invalid-body",
        "$.number: Expected `int` >= 1",
    ),
    HttpRow(
        "POST /gateway/status X-Gateway-Token:{token} []",
        400,
        "invalid-body",
        "$: Expected `object`, got `array`",
    ),
    HttpRow(
        "POST /gateway/status X-Gateway-Token:{token} {}",
        400,
        "invalid-body",
        "$.version: is required",
    ),
    HttpRow(
        'POST /gateway/status X-Gateway-Token:{token} {"version": "\\u0000"}',
        400,
        "invalid-body",
        "$: holds \\u0000, which no database text may hold; leave it out",
    ),
    HttpRow(
        'POST /gateway/status X-Gateway-Token:{token} {"version": "\udcff"}',
        400,
        "invalid-body",
        "$: holds bytes that are no UTF-8",
    ),
    HttpRow(
        (
            'POST /gateway/status X-Gateway-Token:{token} {"version": "1", "outbox": {"pending": '
            "-1}}"
        ),
        400,
        "invalid-body",
        "$.outbox.pending: Expected `int` >= 0",
    ),
]
