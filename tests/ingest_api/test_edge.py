"""CORS, security headers, compression, conditional GET, ids and the rate limit."""

import gzip
from collections.abc import Callable

import aiohttp
import pytest

from tests.api_process import ApiProcess
from tests.ingest_api.messages import SIGNAL, body
from tests.ingest_api.test_ingest import HEADERS

ORIGIN = "http://localhost:3103"


async def test_a_preflight_allows_what_the_dashboard_sends(client: aiohttp.ClientSession) -> None:
    """204 with credentials, content-type and x-api-key, for any of its methods."""
    for method in ("GET", "POST", "PUT", "DELETE"):
        asked = {
            "Origin": ORIGIN,
            "Access-Control-Request-Method": method,
            "Access-Control-Request-Headers": "content-type,x-api-key",
        }
        async with client.options("/signals", headers=asked) as answer:
            assert (answer.status, await answer.read()) == (204, b"")
            assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
            assert answer.headers["Access-Control-Allow-Credentials"] == "true"
            assert method in answer.headers["Access-Control-Allow-Methods"]
            allowed = answer.headers["Access-Control-Allow-Headers"].lower()
            assert "content-type" in allowed
            assert "x-api-key" in allowed


async def test_a_foreign_origin_is_told_nothing(client: aiohttp.ClientSession) -> None:
    """It is served, and its browser keeps the answer from it."""
    foreign = {"Origin": "http://evil.example", "Access-Control-Request-Method": "GET"}
    async with client.options("/signals", headers=foreign) as answer:
        assert answer.status == 204
        assert not [name for name in answer.headers if name.startswith("Access-Control")]
    async with client.get("/signals", headers=foreign) as answer:
        assert answer.status == 200
        assert not [name for name in answer.headers if name.startswith("Access-Control")]
        assert "Origin" in answer.headers["Vary"]


async def test_a_page_can_read_answers_and_refusals(client: aiohttp.ClientSession) -> None:
    """Allow headers on a 200, a 400 and a 404."""
    for path, status in (("/signals", 200), ("/signals?limit=x", 400), ("/nothing", 404)):
        async with client.get(path, headers={"Origin": ORIGIN}) as answer:
            assert (answer.status, answer.headers["Access-Control-Allow-Origin"]) == (
                status,
                ORIGIN,
            )


async def test_origins_are_a_list(start_api: Callable[..., ApiProcess]) -> None:
    """CORS_ORIGIN, by commas."""
    api = start_api(CORS_ORIGIN="http://a.example, http://b.example")
    async with aiohttp.ClientSession(api.url) as session:
        for origin in ("http://a.example", "http://b.example"):
            async with session.get("/", headers={"Origin": origin}) as answer:
                assert answer.headers["Access-Control-Allow-Origin"] == origin


async def test_every_answer_carries_helmets_headers(client: aiohttp.ClientSession) -> None:
    """On a route, on a problem, and on a health check."""
    for path in ("/signals", "/nothing", "/healthz"):
        async with client.get(path) as answer:
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
            assert answer.headers["Strict-Transport-Security"].startswith("max-age=15552000")
            for name in (
                *("Cross-Origin-Opener-Policy", "Origin-Agent-Cluster", "Referrer-Policy"),
                *("X-DNS-Prefetch-Control", "X-Download-Options", "X-Frame-Options"),
                *("X-Permitted-Cross-Domain-Policies", "X-XSS-Protection"),
            ):
                assert len(answer.headers.getall(name)) == 1, name
            assert "X-Powered-By" not in answer.headers


async def test_correlation_ids_come_back(client: aiohttp.ClientSession) -> None:
    """The client's own, or one that was made for it."""
    async with client.get("/", headers={"X-Correlation-Id": "1762-abc"}) as answer:
        assert answer.headers["X-Correlation-Id"] == "1762-abc"
    async with client.get("/") as answer:
        assert answer.headers["X-Correlation-Id"]


@pytest.fixture
async def filled(client: aiohttp.ClientSession) -> aiohttp.ClientSession:
    """A client of an API with enough signals for an answer over 1 KiB."""
    messages = [body(number, f"{SIGNAL}\n{number}") for number in range(1, 9)]
    async with client.post("/ingest/batch", json={"messages": messages}, headers=HEADERS) as answer:
        assert answer.status == 200
    return client


async def test_large_answers_are_compressed(filled: aiohttp.ClientSession) -> None:
    """Over 1 KiB, for those who take gzip, unless they say X-No-Compression."""
    plain = {"Accept-Encoding": "identity"}
    async with filled.get("/signals", headers=plain) as answer:
        whole = await answer.read()
    packed = {"Accept-Encoding": "gzip"}
    async with aiohttp.ClientSession(filled._base_url, auto_decompress=False) as raw:
        async with raw.get("/signals", headers=packed) as answer:
            assert answer.headers["Content-Encoding"] == "gzip"
            body = await answer.read()
            assert (gzip.decompress(body), len(body) < len(whole)) == (whole, True)
        async with raw.get("/signals", headers=packed | {"X-No-Compression": "1"}) as answer:
            assert ("Content-Encoding" in answer.headers, await answer.read()) == (False, whole)
        async with raw.get("/", headers=packed) as answer:
            assert "Content-Encoding" not in answer.headers


async def test_an_answer_that_is_known_is_not_sent_again(filled: aiohttp.ClientSession) -> None:
    """304 without a body for its own weak ETag, in a list too; 200 once something changed."""
    async with filled.get("/signals") as answer:
        tag = answer.headers["ETag"]
        assert (tag[:3], answer.headers["Cache-Control"]) == ('W/"', "private, no-cache")
    for known in (tag, f'"other", {tag}', "*"):
        async with filled.get("/signals", headers={"If-None-Match": known}) as answer:
            assert (answer.status, await answer.read(), answer.headers["ETag"]) == (304, b"", tag)
    async with filled.post("/ingest", json=body(99), headers=HEADERS):
        pass
    async with filled.get("/signals", headers={"If-None-Match": tag}) as answer:
        assert answer.status == 200
    async with filled.get("/signals?limit=x", headers={"If-None-Match": "*"}) as answer:
        assert answer.status == 400


async def test_a_client_that_asks_too_often_waits(start_api: Callable[..., ApiProcess]) -> None:
    """429 with the old headers; the gateway, health and metrics are exempt."""
    api = start_api(RATE_LIMIT_MAX="3", RATE_LIMIT_WINDOW_MS="60000")
    async with aiohttp.ClientSession(api.url) as session:
        for remaining in ("2", "1", "0"):
            async with session.get("/signals") as answer:
                assert answer.status == 200
                assert answer.headers["RateLimit-Remaining"] == remaining
        async with session.get("/signals", headers={"Origin": ORIGIN}) as answer:
            problem = await answer.json(content_type=None)
            assert (answer.status, problem["error"]) == (429, "Too Many Requests")
            assert answer.headers["RateLimit-Policy"] == "3;w=60"
            assert answer.headers["RateLimit-Limit"] == "3"
            assert 0 < int(answer.headers["Retry-After"]) <= 60
            assert answer.headers["Retry-After"] == answer.headers["RateLimit-Reset"]
            assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
        for path in ("/health", "/healthz", "/ready", "/livez", "/readyz", "/metrics"):
            async with session.get(path) as answer:
                assert (answer.status, "RateLimit-Limit" in answer.headers) == (200, False)
        async with session.post("/ingest", json=body(1), headers=HEADERS) as answer:
            assert answer.status == 200


async def test_clients_behind_a_proxy_are_told_apart(start_api: Callable[..., ApiProcess]) -> None:
    """Each has a window of its own, and cannot choose another by a header of its own."""
    api = start_api(RATE_LIMIT_MAX="1", TRUSTED_PROXIES="127.0.0.0/8")
    async with aiohttp.ClientSession(api.url) as session:

        async def status(forwarded: str) -> int:
            async with session.get("/", headers={"X-Forwarded-For": forwarded}) as answer:
                return answer.status

        assert [await status("203.0.113.1"), await status("203.0.113.1")] == [200, 429]
        assert await status("203.0.113.2") == 200
        assert await status("198.51.100.7, 203.0.113.1") == 429
