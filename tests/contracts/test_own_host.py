"""Which names are this host's own."""

import pytest
from hypothesis import given, strategies

from contracts.own_host import host_name, is_own_host


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "127.0.0.1:4006", "192.168.1.5:80", "[::1]:4006", "[fe80::1]", "::1"),
        *("localhost", "LOCALHOST:1", "a.localhost", "api", "api:4005", "nas.local", "x.internal"),
        *("x.home.arpa", "x.test"),
    ],
)
def test_an_address_or_a_private_name_is_ours(host: str) -> None:
    """Nobody else can make such a name lead here."""
    assert is_own_host(host)


@pytest.mark.parametrize(
    "host",
    [
        *("", ":", "stranger.example", "stranger.example:4006", "127.0.0.1.stranger.example"),
        *("localhost.stranger.example", "notlocal.host", "xlocalhost.com", "127.0.0.1.nip.io"),
        *("a.b:x", "local.", "stranger.example.:80", "a@stranger.example", "\xff.example"),
    ],
)
def test_a_name_that_can_be_registered_is_not(host: str) -> None:
    """Nor is anything that only looks like one of ours."""
    assert not is_own_host(host)


def test_a_public_name_is_ours_where_it_is_listed() -> None:
    """In any case, with any port; what only ends or begins so is another."""
    assert is_own_host("Signals.Firm.com:443", ["signals.firm.com"])
    assert not is_own_host("x.signals.firm.com", ["signals.firm.com"])


@given(strategies.text(max_size=40))
def test_any_text_has_an_answer(host: str) -> None:
    """It never raises."""
    assert isinstance(is_own_host(host), bool)
    assert isinstance(host_name(host), str)
