"""contracts/openapi.json and contracts/message.schema.json, generated from the types.

`python -m ingest_api.openapi` writes them; a test fails when they differ from the types.
"""

import json
from pathlib import Path
from typing import Any

import msgspec

from contracts import problem, wire
from contracts.message import Message
from ingest_api.health import HealthAnswer, ReadyAnswer
from ingest_api.rest import DEFAULT_LIMIT, MAX_LIMIT, SignalsAnswer

_FOLDER = Path(wire.__file__).parent
_JSON = "application/json"
_TYPES = (
    Message,
    wire.Accepted,
    wire.BatchAccepted,
    problem.Problem,
    SignalsAnswer,
    HealthAnswer,
    ReadyAnswer,
)
_TIME = "a date (a day in São Paulo), an ISO 8601 time, or epoch seconds or milliseconds"


def openapi() -> dict[str, Any]:
    """The OpenAPI 3.1 description of every route."""
    _, components = msgspec.json.schema_components(
        _TYPES, ref_template="#/components/schemas/{name}"
    )
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "TP Capital ingest API",
            "version": "1",
            "description": "Takes Telegram messages from the gateway and serves their signals.",
        },
        "paths": {
            wire.INGEST_PATH: {"post": _ingest()},
            wire.BATCH_PATH: {"post": _ingest_batch()},
            "/signals": {"get": _signals()},
            "/health": {"get": _read("What works and what does not", "HealthAnswer", 503)},
            "/livez": {"get": _read("Whether the process answers", "ReadyAnswer")},
            "/readyz": {"get": _read("Whether a message would be stored now", "ReadyAnswer", 503)},
            "/metrics": {"get": _other("Prometheus metrics", "text/plain", {"type": "string"})},
            "/openapi.json": {"get": _other("This description", _JSON, {"type": "object"})},
        },
        "components": {
            "schemas": {**components, "Batch": _batch_schema()},
            "securitySchemes": {
                "gateway": {"type": "apiKey", "in": "header", "name": wire.TOKEN_HEADER}
            },
        },
    }


def message_schema() -> dict[str, Any]:
    """JSON Schema 2020-12 of one message, for gateways."""
    (reference,), components = msgspec.json.schema_components(
        [Message], ref_template="#/$defs/{name}"
    )
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **reference,
        "$defs": components,
    }


def _ingest() -> dict[str, Any]:
    return {
        "summary": "Store one message; 200 once it is committed, or was before",
        "security": [{"gateway": []}],
        "requestBody": {"required": True, "content": _content(_JSON, _reference("Message"))},
        "responses": _answers("Accepted", "the message is stored")
        | _problems(400, 401, 413, 415, 500, 503),
    }


def _ingest_batch() -> dict[str, Any]:
    answers = _answers("BatchAccepted", "one result for each message, in order")
    answers["200"]["headers"] = {
        "Ingest-Written": {
            "description": "how many of them added a message or a text",
            "schema": {"type": "integer"},
        }
    }
    return {
        "summary": f"Store 1 to {wire.MAX_BATCH_MESSAGES} messages; each is refused alone",
        "security": [{"gateway": []}],
        "requestBody": {"required": True, "content": _content(_JSON, _reference("Batch"))},
        "responses": answers | _problems(400, 401, 413, 415, 500, 503),
    }


def _batch_schema() -> dict[str, Any]:
    return {
        "title": "Batch",
        "type": "object",
        "properties": {
            "messages": {
                "type": "array",
                "items": _reference("Message"),
                "minItems": 1,
                "maxItems": wire.MAX_BATCH_MESSAGES,
            }
        },
        "required": ["messages"],
    }


def _signals() -> dict[str, Any]:
    limit = {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT}
    return {
        "summary": "Active signals, newest first",
        "parameters": [
            _parameter("limit", limit, "how many at most"),
            _parameter("channel", _length(100), "the chat id as text"),
            _parameter("type", _length(50), "the signal type, as in the rows"),
            _parameter("search", _length(100), "a part of the asset or the text, in any case"),
            _parameter("from", {"type": "string"}, f"not older than {_TIME}"),
            _parameter("to", {"type": "string"}, f"not newer than {_TIME}"),
        ],
        "responses": _answers("SignalsAnswer", "the signals") | _problems(400, 500, 503),
    }


def _read(summary: str, name: str, *failures: int) -> dict[str, Any]:
    failed = {
        str(status): {"description": "it does not", "content": _content(_JSON, _reference(name))}
        for status in failures
    }
    return {"summary": summary, "responses": _answers(name, "it does") | failed}


def _other(summary: str, media_type: str, schema: dict[str, Any]) -> dict[str, Any]:
    answer = {"description": summary, "content": _content(media_type, schema)}
    return {"summary": summary, "responses": {"200": answer}}


def _answers(name: str, description: str) -> dict[str, Any]:
    return {"200": {"description": description, "content": _content(_JSON, _reference(name))}}


def _problems(*statuses: int) -> dict[str, Any]:
    titles = {
        status: " / ".join(kind.title for kind in problem.ALL if kind.status == status)
        for status in statuses
    }
    content = _content(problem.CONTENT_TYPE, _reference("Problem"))
    return {str(s): {"description": title, "content": content} for s, title in titles.items()}


def _parameter(name: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": schema, "description": description}


def _length(longest: int) -> dict[str, Any]:
    return {"type": "string", "minLength": 1, "maxLength": longest}


def _content(media_type: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {media_type: {"schema": schema}}


def _reference(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def files() -> dict[Path, str]:
    """The two files and what belongs in them."""
    contents = {"openapi.json": openapi(), "message.schema.json": message_schema()}
    return {
        _FOLDER / name: json.dumps(content, indent=2, ensure_ascii=False) + "\n"
        for name, content in contents.items()
    }


if __name__ == "__main__":
    for path, text in files().items():
        path.write_text(text, encoding="utf-8")
