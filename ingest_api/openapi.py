"""contracts/openapi.json and contracts/message.schema.json, generated from the types.

`python -m ingest_api.openapi` writes them; a test fails when they differ from the types.
"""

import json
import re
from inspect import cleandoc
from pathlib import Path
from typing import Any

import msgspec

from contracts import problem, wire
from contracts.message import Message
from ingest_api.operations import OPERATIONS, Operation
from ingest_api.page_operations import PAGE_OPERATIONS
from ingest_api.request import api_key

_FOLDER = Path(wire.__file__).parent
_JSON = "application/json"
_SECURITY: dict[str, dict[str, Any]] = {
    "gateway": {"security": [{"gateway": []}]},
    "write": {"security": [{"key": []}]},
    "read": {"security": [{}, {"key": []}]},
    "open": {},
}
_ALL = (*OPERATIONS, *PAGE_OPERATIONS)
# What an answer may be besides what the operation says.
_REFUSALS = {
    "gateway": (400, 401, 413, 415, 500, 503),
    "write": (400, 401, 403, 408, 413, 421, 429, 500, 503),
    "read": (401, 403, 421, 429, 500, 503),
    "open": (421, 429, 500),
}


def openapi() -> dict[str, Any]:
    """The OpenAPI 3.1 description of every route."""
    paths: dict[str, Any] = {}
    for operation in _ALL:
        paths.setdefault(operation.path, {})[operation.method] = _described(operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "TP Capital ingest API",
            "version": "1",
            "description": "Takes Telegram messages from the gateway and serves their signals.",
        },
        "paths": paths,
        "components": _components(),
    }


def _components() -> dict[str, Any]:
    """What the operations refer to by name."""
    types = {kind for each in _ALL for kind in (each.answer, each.body) if kind}
    listed = sorted({*types, problem.Problem} - {str}, key=lambda kind: kind.__name__)
    schemas = _schemas(listed, "#/components/schemas/{name}")
    statuses = sorted({kind.status for kind in problem.ALL})
    return {
        "schemas": dict(sorted(schemas.items())),
        "responses": {str(status): _refusal(status) for status in statuses},
        "securitySchemes": {
            "gateway": {"type": "apiKey", "in": "header", "name": wire.TOKEN_HEADER},
            "key": {"type": "apiKey", "in": "header", "name": api_key.HEADER},
        },
    }


def message_schema() -> dict[str, Any]:
    """JSON Schema 2020-12 of one message, for gateways."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$ref": f"#/$defs/{Message.__name__}",
        "$defs": _schemas([Message], "#/$defs/{name}"),
    }


def _schemas(types: list[Any], ref_template: str) -> dict[str, Any]:
    """Each type's schema by its name. Python before 3.13 leaves docstrings indented."""
    _, schemas = msgspec.json.schema_components(types, ref_template=ref_template)
    for schema in schemas.values():
        if "description" in schema:
            schema["description"] = cleandoc(schema["description"])
    return schemas


def _described(operation: Operation) -> dict[str, Any]:
    found: dict[str, Any] = {"summary": operation.summary} | _SECURITY[operation.access]
    parameters = [_path_parameter(name) for name in re.findall(r"{(\w+)}", operation.path)]
    parameters += [
        {"name": name, "in": "query", "schema": schema, "description": description}
        for name, schema, description in operation.query
    ]
    if parameters:
        found["parameters"] = parameters
    if operation.body:
        found["requestBody"] = {"required": True, "content": _body(operation)}
    return found | {"responses": _responses(operation)}


def _responses(operation: Operation) -> dict[str, Any]:
    answers = {str(operation.status): _answer(operation)}
    if operation.headers:
        answers[str(operation.status)]["headers"] = operation.headers
    for status in operation.same_shape:
        answers[str(status)] = _answer(operation)
    statuses = {*_REFUSALS[operation.access], *operation.refusals}
    if operation.query:
        statuses.add(400)
    refused = sorted(statuses - {*operation.same_shape, *operation.never})
    return answers | {
        str(status): {"$ref": f"#/components/responses/{status}"} for status in refused
    }


def _answer(operation: Operation) -> dict[str, Any]:
    schema = {"type": "string"} if operation.answer is str else _reference(operation.answer)
    content = {operation.media_type: {"schema": schema}}
    return {"description": operation.description, "content": content}


def _body(operation: Operation) -> dict[str, Any]:
    content = {_JSON: {"schema": _reference(operation.body)}}
    if operation.access == "write":
        content["application/x-www-form-urlencoded"] = content[_JSON]
    return content


def _path_parameter(name: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}


def _refusal(status: int) -> dict[str, Any]:
    content = {problem.CONTENT_TYPE: {"schema": _reference(problem.Problem)}}
    return {"description": _titles(status), "content": content}


def _titles(status: int) -> str:
    return " / ".join(dict.fromkeys(kind.title for kind in problem.ALL if kind.status == status))


def _reference(kind: Any) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{kind.__name__}"} if kind else {}


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
