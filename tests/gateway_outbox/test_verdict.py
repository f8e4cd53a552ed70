"""The relay's table, for every status there is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway_outbox.relay.verdict import Action, judge, retry_after_seconds, speaks_against_row

HELD = {401, 403, 404, 405}
REJECTED = {400, 413, 415, 422}


@pytest.mark.parametrize("status", range(100, 600))
def test_every_status_has_its_action(status: int) -> None:
    """2xx delivers, four hold, four refuse the row, every other one is retried for ever."""
    action = judge(status).action
    if 200 <= status < 300:
        assert action is Action.DELIVERED
    elif status in HELD:
        assert action is Action.HOLD
    elif status in REJECTED:
        assert action is Action.REJECTED
    else:
        assert action is Action.RETRY


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (401, "auth"),
        (403, "auth"),
        (404, "misroute"),
        (405, "misroute"),
        (408, "timeout"),
        (504, "timeout"),
        (429, "throttled"),
        (500, "server_error"),
        (302, "unexpected"),
        (422, "rejected"),
    ],
)
def test_each_failure_has_its_reason(status: int, reason: str) -> None:
    """The metric's label names the kind of failure."""
    assert judge(status).reason == reason


def test_only_a_request_that_broke_inside_speaks_against_its_row() -> None:
    """500, 502, 504, a timeout and a broken answer may be the row's fault; an absence never is."""
    suspicious = [status for status in range(100, 600) if speaks_against_row(status, "")]
    assert suspicious == [status for status in range(500, 600) if status != 503]
    assert [r for r in ("timeout", "broken", "connect") if speaks_against_row(None, r)] == [
        "timeout",
        "broken",
    ]


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 0),
        ({"Retry-After": "7"}, 7),
        ({"Retry-After": " 7 "}, 7),
        ({"Retry-After": "1000000000"}, 900),
        ({"Retry-After": "-5"}, 0),
        ({"Retry-After": "soon"}, 0),
        ({"Retry-After": "٣"}, 0),
        (
            {
                "Date": "Mon, 16 Nov 2026 13:00:00 GMT",
                "Retry-After": "Mon, 16 Nov 2026 13:00:30 GMT",
            },
            30,
        ),
        (
            {
                "Date": "Mon, 16 Nov 2026 13:00:30 GMT",
                "Retry-After": "Mon, 16 Nov 2026 13:00:00 GMT",
            },
            0,
        ),
        ({"Retry-After": "Mon, 16 Nov 2026 13:00:30 GMT"}, 0),
    ],
)
def test_retry_after_is_read_in_both_forms(headers: dict[str, str], seconds: float) -> None:
    """Seconds or a date against the answer's own Date; nonsense asks for nothing."""
    assert retry_after_seconds(headers) == seconds


@given(st.text(), st.text())
def test_retry_after_never_raises_and_is_bounded(value: str, date: str) -> None:
    """Whatever a server sends, the wait lies between 0 and 15 minutes."""
    assert 0 <= retry_after_seconds({"Retry-After": value, "Date": date}) <= 900
