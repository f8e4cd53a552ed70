"""What the gateway's own routes of the API refuse."""

from tests.messages_list.http_row import HttpRow

ROWS = [
    HttpRow(
        "POST /ingest {good}",
        401,
        "unauthorized",
        (
            "the shared token is missing, wrong, or there twice; send this API's "
            "GATEWAY_SECRET_TOKEN once, in the header X-Gateway-Token"
        ),
    ),
    HttpRow(
        "POST /ingest X-Gateway-Token:wrong {good}",
        401,
        "unauthorized",
        (
            "the shared token is missing, wrong, or there twice; send this API's "
            "GATEWAY_SECRET_TOKEN once, in the header X-Gateway-Token"
        ),
    ),
    HttpRow(
        "POST /ingest/batch X-Gateway-Token:wrong {}",
        401,
        "unauthorized",
        (
            "the shared token is missing, wrong, or there twice; send this API's "
            "GATEWAY_SECRET_TOKEN once, in the header X-Gateway-Token"
        ),
    ),
    HttpRow(
        "POST /ingest/canary {}",
        401,
        "unauthorized",
        (
            "the shared token is missing, wrong, or there twice; send this API's "
            "GATEWAY_SECRET_TOKEN once, in the header X-Gateway-Token"
        ),
    ),
    HttpRow(
        "POST /gateway/status {}",
        401,
        "unauthorized",
        (
            "the shared token is missing, wrong, or there twice; send this API's "
            "GATEWAY_SECRET_TOKEN once, in the header X-Gateway-Token"
        ),
    ),
    HttpRow(
        "GET /gateway/token",
        401,
        "unauthorized",
        (
            "the shared token is missing, wrong, or there twice; send this API's "
            "GATEWAY_SECRET_TOKEN once, in the header X-Gateway-Token"
        ),
    ),
    HttpRow(
        "POST /ingest X-Gateway-Token:{token} Content-Type:text/plain {good}",
        415,
        "unsupported-media-type",
        "send Content-Type: application/json; this came with text/plain",
    ),
    HttpRow(
        "POST /ingest X-Gateway-Token:{token}",
        415,
        "unsupported-media-type",
        "send Content-Type: application/json; this came with none",
    ),
    HttpRow(
        "POST /ingest X-Gateway-Token:{token} <x*131073>",
        413,
        "too-large",
        "the body has 131073 bytes or more, and the limit is 131072; send less at a time",
    ),
    HttpRow(
        "POST /ingest/batch X-Gateway-Token:{token} <x*1048577>",
        413,
        "too-large",
        ("the body has 1048577 bytes or more, and the limit is 1048576; send less at a time"),
    ),
    HttpRow(
        "POST /gateway/status X-Gateway-Token:{token} <x*262145>",
        413,
        "too-large",
        "the body has 262145 bytes or more, and the limit is 262144; send less at a time",
    ),
    HttpRow(
        "POST /ingest/canary X-Gateway-Token:{token} <x*1025>",
        413,
        "too-large",
        "the body has 1025 bytes or more, and the limit is 1024; send less at a time",
    ),
    HttpRow(
        (
            "POST /ingest X-Gateway-Token:{token} Transfer-Encoding:chunked "
            "Content-Type:application/json 20001\r\n<x*131073>\r\n0\r\n\r\n"
        ),
        413,
        "too-large",
        "the body has 131073 bytes or more, and the limit is 131072; send less at a time",
    ),
    HttpRow("GET /ingest", 405, "method-not-allowed", "there is no GET /ingest; allowed is POST"),
    HttpRow(
        "PUT /gateway/token",
        405,
        "method-not-allowed",
        "there is no PUT /gateway/token; allowed is GET, HEAD",
    ),
    HttpRow(
        (
            "POST /ingest X-Gateway-Token:{token} Transfer-Encoding:chunked Content-Length:5 "
            "0\r\n\r\n"
        ),
        400,
        "invalid-body",
        "send Content-Length or Transfer-Encoding, not both",
    ),
]
