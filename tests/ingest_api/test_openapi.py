"""The published contract is the types', and real answers keep to it."""

import inspect
import re
from typing import Any

import aiohttp
import jsonschema
import orjson
import pytest

from ingest_api import app, page_routes
from ingest_api.openapi import files, message_schema, openapi
from tests.ingest_api.messages import CHATTER, body
from tests.ingest_api.test_ingest import HEADERS

_COMPONENTS = openapi()["components"]["schemas"]


def _check(name: str, answer: Any) -> None:
    schema = {"$ref": f"#/components/schemas/{name}", "components": {"schemas": _COMPONENTS}}
    jsonschema.Draft202012Validator(schema).validate(answer)


def test_the_committed_files_are_the_types() -> None:
    """Run `python -m ingest_api.openapi` when this fails."""
    for path, text in files().items():
        assert path.read_text(encoding="utf-8") == text, path.name


async def test_the_description_is_served(client: aiohttp.ClientSession) -> None:
    """GET /openapi.json is the committed file."""
    async with client.get("/openapi.json") as answer:
        assert await answer.json() == openapi()


async def test_every_route_is_described_and_every_description_is_a_route(
    client: aiohttp.ClientSession,
) -> None:
    """What a 405 allows is what stands in the description, path by path."""
    for path, methods in openapi()["paths"].items():
        real = path.replace("{id}", "x").replace("{name}", "x.jpg")
        async with client.request("BREW", real) as answer:
            assert answer.status == 405, path
            allowed = set(answer.headers["Allow"].split(", ")) - {"HEAD"}
        assert allowed == {method.upper() for method in methods}, path


def test_every_path_of_the_route_table_is_described() -> None:
    """A new route needs an operation."""
    source = inspect.getsource(app) + inspect.getsource(page_routes)
    found = re.findall(r'(?:_route|Route|Mount)\(\s*"(/[^"]*)"|"(/[^"]*)": ', source)
    paths = {"".join(each).removesuffix("/{name}") for each in found}
    described = {path.removesuffix("/{name}") for path in openapi()["paths"]}
    assert paths <= described
    assert len(described - paths) == 5  # those that the contract names


@pytest.mark.parametrize(
    ("path", "content", "name"),
    [
        ("/ingest", body(1), "Accepted"),
        ("/ingest", body(1, source="bot"), "Accepted"),
        ("/ingest", body(2, CHATTER), "Accepted"),
        ("/ingest", {}, "Problem"),
        ("/ingest/batch", {"messages": [body(3), {}, body(3)]}, "BatchAccepted"),
        ("/ingest/batch", {"messages": []}, "Problem"),
    ],
)
async def test_answers_to_the_gateway_keep_to_the_schema(
    client: aiohttp.ClientSession, path: str, content: Any, name: str
) -> None:
    """Success, duplicate, refusal and mixed batches."""
    async with client.post(path, json=content, headers=HEADERS) as answer:
        _check(name, orjson.loads(await answer.read()))


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/", "ServiceInfo"),
        ("/signals", "SignalsAnswer"),
        ("/signals?limit=1", "SignalsAnswer"),
        ("/signals?limit=x", "Problem"),
        ("/forwarded-messages", "MessagesAnswer"),
        ("/channels", "SignalChannelsAnswer"),
        ("/bots", "BotStateAnswer"),
        ("/config/channels", "ConfiguredChannelsAnswer"),
        ("/telegram-channels", "ChannelsAnswer"),
        ("/telegram/channels", "ChannelsAnswer"),
        ("/telegram/bots", "BotsAnswer"),
        ("/logs", "LogsAnswer"),
        ("/health", "HealthAnswer"),
        ("/healthz", "AliveAnswer"),
        ("/ready", "HealthAnswer"),
        ("/livez", "ReadyAnswer"),
        ("/readyz", "ReadyAnswer"),
        ("/nothing", "Problem"),
    ],
)
async def test_answers_to_readers_keep_to_the_schema(
    client: aiohttp.ClientSession, path: str, name: str
) -> None:
    """Rows, health and problems."""
    async with client.post("/ingest", json=body(9), headers=HEADERS):
        pass
    async with client.get(path) as answer:
        _check(name, orjson.loads(await answer.read()))


@pytest.mark.parametrize(
    ("fields", "valid"),
    [({}, True), ({"channelId": "-1001"}, True), ({"messageId": 0}, False), ({"text": 1}, False)],
)
def test_the_message_schema_tells_good_from_bad(fields: dict[str, Any], valid: bool) -> None:
    """A gateway in any language can check its messages before it sends them."""
    validator = jsonschema.Draft202012Validator(message_schema())
    assert validator.is_valid(body(1) | fields) == valid
