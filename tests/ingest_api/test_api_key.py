"""X-API-Key: every write needs it, reads only where they are closed."""

from collections.abc import Callable

import aiohttp

from tests.api_process import ApiProcess

KEY = "a-key-of-the-dashboard"
RIGHT = "send this server's TP_CAPITAL_API_KEY as X-API-Key, once"
WRITES = [
    ("DELETE", "/signals"),
    ("POST", "/signals/1/restore"),
    ("POST", "/clean-signals"),
    ("POST", "/sync-messages"),
    ("POST", "/reload-channels"),
    ("POST", "/full-scan"),
    ("POST", "/telegram-channels"),
    ("PUT", "/telegram-channels/x"),
    ("DELETE", "/telegram-channels/x"),
    ("POST", "/telegram/channels"),
    ("PUT", "/telegram/channels/x"),
    ("DELETE", "/telegram/channels/x"),
    ("POST", "/telegram/bots"),
    ("PUT", "/telegram/bots/x"),
    ("DELETE", "/telegram/bots/x"),
]
READS = [
    "/signals",
    "/signals/stream",
    "/forwarded-messages",
    "/channels",
    "/bots",
    "/config/channels",
    "/logs",
    "/telegram-channels",
    "/telegram/channels",
    "/telegram/bots",
    "/telegram-images/x.jpg",
]
OPEN = ["/", "/health", "/healthz", "/ready", "/livez", "/readyz", "/metrics", "/openapi.json"]


async def _status(
    api: ApiProcess, method: str, path: str, key: str | None
) -> tuple[int, str | None]:
    headers = {} if key is None else {"X-API-Key": key}
    async with (
        aiohttp.ClientSession(api.url) as session,
        session.request(method, path, headers=headers) as answer,
    ):
        if answer.content_type != "application/problem+json":
            return answer.status, None
        problem = await answer.json(content_type=None)
        return answer.status, f"{problem['error']}: {problem['message']}"


async def test_writes_need_the_key(start_api: Callable[..., ApiProcess]) -> None:
    """Without one 401, with a wrong one 403, in the old API's words and more; with it they pass."""
    api = start_api(TP_CAPITAL_API_KEY=KEY)
    for method, path in WRITES:
        missing = (401, f"Unauthorized: X-API-Key header is required; {RIGHT}")
        assert await _status(api, method, path, None) == missing, path
        wrong = (403, f"Forbidden: Invalid API key; {RIGHT}")
        assert await _status(api, method, path, "wrong") == wrong, path
        assert await _status(api, method, path, "é") == wrong, path
        status, _ = await _status(api, method, path, KEY)
        assert status not in {401, 403, 500}, path


async def test_reads_stay_open_as_before(start_api: Callable[..., ApiProcess]) -> None:
    """Without a key they answer; only /signals minds a wrong one."""
    api = start_api(TP_CAPITAL_API_KEY=KEY)
    for path in [*READS, *OPEN]:
        status, _ = await _status(api, "GET", path, None)
        assert status in {200, 404}, path
        status, _ = await _status(api, "GET", path, "wrong")
        assert status in ({403} if path == "/signals" else {200, 404}), path


async def test_reads_can_be_closed(start_api: Callable[..., ApiProcess]) -> None:
    """With REQUIRE_API_KEY_FOR_READS all data needs the key; health and the description do not."""
    api = start_api(TP_CAPITAL_API_KEY=KEY, REQUIRE_API_KEY_FOR_READS="true")
    for path in READS:
        assert (await _status(api, "GET", path, None))[0] == 401, path
        assert (await _status(api, "GET", path, "wrong"))[0] == 403, path
        assert (await _status(api, "GET", path, KEY))[0] in {200, 404}, path
    for path in OPEN:
        assert (await _status(api, "GET", path, None))[0] == 200, path


async def test_guessing_is_noticed_and_shows_nowhere(start_api: Callable[..., ApiProcess]) -> None:
    """Ten wrong keys are one line in the log; neither they nor the right one are in it."""
    api = start_api(TP_CAPITAL_API_KEY=KEY)
    for _ in range(12):
        await _status(api, "POST", "/clean-signals", "a-wrong-guess")
    assert len(api.lines("auth.suspicious")) == 1
    assert KEY not in api.text
    assert "a-wrong-guess" not in api.text


async def test_without_a_key_everything_is_open_and_the_log_says_so(
    start_api: Callable[..., ApiProcess],
) -> None:
    """As before, for a host that nobody else reaches."""
    api = start_api()
    assert await _status(api, "POST", "/clean-signals", None) == (200, None)
    assert api.logged("service.open")
