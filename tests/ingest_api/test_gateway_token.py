"""The shared token, and those who guess at it."""

import logging

import pytest

from contracts.secret import Secret
from ingest_api.request.gateway_token import GatewayTokens, Guesses

_TOKENS = GatewayTokens({"current": Secret("new-token"), "previous": Secret("old-token")})


@pytest.mark.parametrize(
    ("headers", "role"),
    [
        ([(b"x-gateway-token", b"new-token")], "current"),
        ([(b"x-gateway-token", b"old-token")], "previous"),
        ([(b"x-gateway-token", b"new-tokem")], None),
        ([(b"x-gateway-token", b"new-token ")], None),
        ([(b"x-gateway-token", b"")], None),
        ([(b"x-gateway-token", "não".encode())], None),
        ([(b"x-gateway-token", b"\xff\xfe")], None),
        ([(b"x-gateway-token", b"new-token")] * 2, None),
        ([(b"authorization", b"new-token")], None),
        ([], None),
    ],
)
def test_only_one_header_with_an_accepted_token_opens(
    headers: list[tuple[bytes, bytes]], role: str | None
) -> None:
    """Missing, doubled, wrong and non-ASCII headers are refused alike."""
    assert _TOKENS.role(headers) == role


def _suspicions(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.__dict__["address"] for record in caplog.records]


def test_ten_wrong_tokens_in_a_minute_are_one_line(caplog: pytest.LogCaptureFixture) -> None:
    """The tenth is logged, the rest of that minute is not; the next minute counts anew."""
    now = 0.0
    guesses = Guesses(lambda: now)
    with caplog.at_level(logging.WARNING):
        for _ in range(9):
            guesses.add("10.0.0.1")
        assert _suspicions(caplog) == []
        for _ in range(90):
            guesses.add("10.0.0.1")
        assert _suspicions(caplog) == ["10.0.0.1"]
        now = 60.0
        for _ in range(10):
            guesses.add("10.0.0.1")
    assert _suspicions(caplog) == ["10.0.0.1"] * 2


def test_slow_guesses_and_many_addresses_are_not_held(caplog: pytest.LogCaptureFixture) -> None:
    """Guesses spread over minutes are no line, and memory holds 1,024 addresses at most."""
    now = 0.0
    guesses = Guesses(lambda: now)
    with caplog.at_level(logging.WARNING):
        for number in range(5000):
            now += 7.0
            guesses.add("10.0.0.1")
            guesses.add(f"10.1.{number // 256}.{number % 256}")
    assert _suspicions(caplog) == []
    assert len(guesses._windows) == 1024
