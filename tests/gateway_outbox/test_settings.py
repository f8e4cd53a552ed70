"""The gateway's variables."""

from pathlib import Path

import pytest

from contracts.environment import SettingsError
from gateway_outbox.settings import from_environment
from tests.messages import TOKEN


def problems(**variables: str) -> list[str]:
    """What is wrong with these variables beside a good token."""
    with pytest.raises(SettingsError) as caught:
        from_environment({"API_SECRET_TOKEN": TOKEN, **variables})
    return caught.value.problems


def test_the_token_is_all_that_is_needed() -> None:
    """Every other variable has the proposal's default."""
    settings = from_environment({"API_SECRET_TOKEN": TOKEN})
    assert settings.api_endpoint == "http://localhost:4005/ingest"
    assert (settings.gateway_port, settings.max_retry_attempts) == (4006, 3)
    assert (settings.retry_delay_ms, settings.replay_rate) == (5000, None)
    assert settings.outbox_path == Path("data/outbox.sqlite3")


def test_without_the_token_one_sentence_says_what_it_is() -> None:
    """The name and its meaning."""
    with pytest.raises(SettingsError) as caught:
        from_environment({})
    assert str(caught.value) == (
        "API_SECRET_TOKEN is not set."
        " It is: the API's GATEWAY_SECRET_TOKEN, sent as X-Gateway-Token."
    )


def test_every_variable_can_be_given() -> None:
    """As text, the optional ones too."""
    settings = from_environment(
        {
            "API_SECRET_TOKEN": TOKEN,
            "API_ENDPOINT": "https://api.example/v1/ingest",
            "REPLAY_FILE": "result.json",
            "REPLAY_RATE": "2.5",
            "RELAY_LANES": "8",
            "LOG_LEVEL": "DEBUG",
        }
    )
    assert settings.batch_endpoint == "https://api.example/v1/ingest/batch"
    assert (settings.replay_file, settings.replay_rate) == (Path("result.json"), 2.5)
    assert (settings.relay_lanes, settings.log_level) == (8, "DEBUG")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GATEWAY_PORT", "65536"),
        ("GATEWAY_PORT", "http"),
        ("MAX_RETRY_ATTEMPTS", "0"),
        ("RETRY_DELAY_MS", "1.5"),
        ("RELAY_LANES", "33"),
        ("API_TIMEOUT_SECONDS", "0"),
        ("REPLAY_RATE", "-1"),
        ("REPLAY_RATE", "nan"),
        ("REPLAY_RATE", "inf"),
        ("OUTBOX_KEEP_DAYS", "-1"),
        ("LOG_LEVEL", "loud"),
    ],
)
def test_a_value_out_of_range_is_named(name: str, value: str) -> None:
    """Variable, value, rule and meaning."""
    (problem,) = problems(**{name: value})
    assert problem.startswith(f"{name} {value!r} must be ")
    assert " It is: " in problem


@pytest.mark.parametrize(
    ("endpoint", "said"),
    [
        ("ftp://api/ingest", "is no http or https URL"),
        ("localhost:4005/ingest", "is no http or https URL"),
        ("http://u:p@api/ingest", "carries a password; the token alone authenticates"),
        ("http://api:4005", "does not end in /ingest"),
        ("http://[::1/ingest", "Invalid IPv6 URL"),
    ],
)
def test_an_endpoint_that_cannot_be_right_is_refused(endpoint: str, said: str) -> None:
    """Before anything is started; a password in it is not repeated."""
    (problem,) = problems(API_ENDPOINT=endpoint)
    assert said in problem
    assert "u:p" not in problem


def test_all_problems_are_told_at_once() -> None:
    """One start tells everything that is to be mended."""
    assert len(problems(GATEWAY_PORT="x", RELAY_LANES="x", LOG_LEVEL="x")) == 3


def test_the_token_is_not_shown() -> None:
    """Neither in the settings' text nor in a problem about it."""
    assert TOKEN not in repr(from_environment({"API_SECRET_TOKEN": TOKEN}))
    with pytest.raises(SettingsError) as caught:
        from_environment({"API_SECRET_TOKEN": "hunter2"})
    assert "hunter2" not in str(caught.value)
