"""Settings: every fault at once, and no secret in any message."""

import pytest

from contracts.environment import SettingsError, load
from ingest_api.settings import Settings

_TOKEN = "3f9c2a7b5d1e8064c2b7a9f1e3d5c7b9"  # protects nothing
_GOOD = {"GATEWAY_SECRET_TOKEN": _TOKEN, "TIMESCALEDB_URL": "postgresql://u:geheim@h:5/d"}


def _problems(**environ: str) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load(Settings, environ)
    return caught.value.problems


def test_an_empty_environment_names_everything_that_is_missing() -> None:
    """The token and the database's parts, each with a sentence."""
    assert any(line.startswith("GATEWAY_SECRET_TOKEN is not set.") for line in _problems())
    assert _problems(GATEWAY_SECRET_TOKEN=_TOKEN) == [
        f"{name} is not set; set it, or TIMESCALEDB_URL instead"
        for name in ("TIMESCALEDB_HOST", "TIMESCALEDB_DATABASE", "TIMESCALEDB_USER")
    ]


def test_all_faults_come_at_once() -> None:
    """A bad port, a placeholder token and a bad schema are three problems of one start."""
    faults = {"PORT": "http", "GATEWAY_SECRET_TOKEN": "change_me", "TIMESCALEDB_SCHEMA": 'a"b'}
    problems = _problems(**(_GOOD | faults))
    assert sorted(line.split(":")[0].split()[0] for line in problems) == sorted(faults)


@pytest.mark.parametrize("token", ["short", "changeme" * 8, "a" * 40, "é" * 16 + _TOKEN])
def test_a_token_that_protects_nothing_is_refused(token: str) -> None:
    """Placeholders, short and repeated ones; also for the previous token."""
    (fault,) = _problems(**(_GOOD | {"GATEWAY_SECRET_TOKEN_PREVIOUS": token}))
    assert fault.startswith("GATEWAY_SECRET_TOKEN_PREVIOUS ")
    assert token not in fault


def test_a_broken_connection_string_is_not_repeated() -> None:
    """The password in a URL that cannot be read is not in the message."""
    (fault,) = _problems(**(_GOOD | {"TIMESCALEDB_URL": "postgresql://u:geheim@[h/d"}))
    assert fault.startswith("TIMESCALEDB_URL is no PostgreSQL connection string")
    assert "geheim" not in fault


def test_the_parts_make_the_connection_string_unless_there_is_a_url() -> None:
    """Blanks and quotes in a password survive; the URL wins over the parts."""
    parts = {
        "GATEWAY_SECRET_TOKEN": _TOKEN,
        "TIMESCALEDB_HOST": "db",
        "TIMESCALEDB_DATABASE": "d",
        "TIMESCALEDB_USER": "u",
        "TIMESCALEDB_PASSWORD": "it's a secret",
    }
    conninfo = load(Settings, parts).conninfo()
    assert "host=db" in conninfo
    assert "port=5433" in conninfo
    assert r"password='it\'s a secret'" in conninfo
    assert "host=h" in load(Settings, parts | _GOOD).conninfo()


def test_our_session_options_stand_beside_the_urls_own() -> None:
    """The URL's options are kept, ours are added, the schema is quoted."""
    url = "postgresql://h/d?options=-c%20jit%3Doff"
    conninfo = load(Settings, _GOOD | {"TIMESCALEDB_URL": url}).conninfo()
    assert "-c jit=off" in conninfo
    assert '-c search_path="tp_capital",public' in conninfo


def test_secrets_do_not_show() -> None:
    """Printing the settings prints no secret."""
    shown = repr(load(Settings, _GOOD))
    assert _TOKEN not in shown
    assert "geheim" not in shown


def test_both_tokens_are_accepted_by_their_roles() -> None:
    """The previous token is there while the gateway changes over."""
    assert list(load(Settings, _GOOD).tokens) == ["current"]
    both = load(Settings, _GOOD | {"GATEWAY_SECRET_TOKEN_PREVIOUS": _TOKEN[::-1]})
    assert list(both.tokens) == ["current", "previous"]
