"""What every answer has in common."""

import aiohttp
import pytest
from starlette.types import Message, Receive, Scope, Send

from contracts.telemetry import Telemetry
from ingest_api.request.frame import Frame
from tests.ingest_api.tables import exposed


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/nowhere", 404), ("POST", "/livez", 405), ("POST", "/ingest/", 404)],
)
async def test_starlettes_own_refusals_are_problems_too(
    client: aiohttp.ClientSession, method: str, path: str, status: int
) -> None:
    """404 and 405 are problem+json with an id; a trailing slash is another path."""
    async with client.request(method, path, allow_redirects=False) as answer:
        assert (answer.status, answer.content_type) == (status, "application/problem+json")
        problem = await answer.json(content_type=None)
    assert problem["request_id"] == answer.headers["X-Request-Id"]
    assert (status == 405) == ("Allow" in answer.headers)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [("abc-123.x:Y_z", True), ("a b", False), ("x" * 65, False), ("é", False)],
)
async def test_a_sane_request_id_comes_back(
    client: aiohttp.ClientSession, sent: str, kept: bool
) -> None:
    """What could forge a log line is replaced."""
    async with client.get("/livez", headers={"X-Request-Id": sent}) as answer:
        assert (answer.headers["X-Request-Id"] == sent) == kept


async def test_answers_do_not_name_the_server_and_are_not_cached(
    client: aiohttp.ClientSession,
) -> None:
    """No Server header; nosniff and no-store on each answer."""
    async with client.get("/livez") as answer:
        assert "Server" not in answer.headers
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"


async def test_requests_are_measured_by_route_and_not_by_path(
    client: aiohttp.ClientSession,
) -> None:
    """Unknown paths and methods share one label each."""
    for number in range(3):
        async with client.request("GET", f"/secret/{number}"):
            pass
    async with client.request("BREW", "/livez"):
        pass
    async with client.get("/metrics") as answer:
        text = await answer.text()
    name = "api_http_request_duration_seconds_count"
    assert f'{name}{{method="GET",route="none",status_code="404"}}' in text
    assert f'{name}{{method="other",route="/livez",status_code="405"}}' in text
    assert "secret" not in text


async def _fail(_scope: Scope, _receive: Receive, _send: Send) -> None:
    raise ZeroDivisionError("a secret detail")


async def test_an_unexpected_error_is_500_and_one_log_entry(
    telemetry: Telemetry, caplog: pytest.LogCaptureFixture
) -> None:
    """The client learns the request's id and no detail; the log has both."""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.request"}

    scope = {"type": "http", "method": "GET", "path": "/x", "headers": [(b"x-request-id", b"me")]}
    await Frame(_fail, telemetry)(scope, receive, send)
    start, content = sent
    assert start["status"] == 500
    body = content["body"].decode()
    assert '"request_id":"me"' in body
    assert "the server met an error of its own; its log has it under this request_id" in body
    assert "secret" not in body
    (record,) = caplog.records
    assert record.__dict__["request_id"] == "me"
    assert 'status_code="500"' in exposed(telemetry)
