"""The query string of GET /signals."""

from datetime import UTC, datetime

import pytest
from starlette.datastructures import QueryParams

from ingest_api.request.answer import ProblemError
from ingest_api.signals.catalog import Cursor, SignalFilter
from ingest_api.signals.signals import signal_filter


def _ms(*when: int) -> int:
    return int(datetime(*when, tzinfo=UTC).timestamp() * 1000)  # type: ignore[misc,arg-type]


def test_nothing_asked_means_everything_up_to_a_bound() -> None:
    """No parameter, no filter; unknown ones are dropped as the old API did."""
    assert signal_filter(QueryParams("_=17&page=2")) == SignalFilter(limit=1000)


@pytest.mark.parametrize(("text", "limit"), [("10.7", 10), ("1e3", 1), ("+5", 5), ("7abc", 7)])
def test_a_limit_is_read_as_before(text: str, limit: int) -> None:
    """The digits at its beginning count, as JavaScript's parseInt has it."""
    assert signal_filter(QueryParams({"limit": text})) == SignalFilter(limit=limit)


def test_a_cursor_and_withdrawn_signals_can_be_asked_for() -> None:
    """What the old API did not have."""
    found = signal_filter(QueryParams("cursor=1761397200000.17&include=withdrawn"))
    assert found == SignalFilter(after=Cursor(1761397200000, 17), withdrawn=True)


@pytest.mark.parametrize(
    ("query", "since", "until"),
    [
        ("from=2025-10-25&to=2025-10-25", _ms(2025, 10, 25, 3), _ms(2025, 10, 26, 3) - 1),
        ("from=2018-12-01", _ms(2018, 12, 1, 2), None),
        ("from=2025-10-25T10:00:00Z", _ms(2025, 10, 25, 10), None),
        ("from=2025-10-25T10:00:00-03:00", _ms(2025, 10, 25, 13), None),
        ("from=2025-10-25T10:00:00+03:00", _ms(2025, 10, 25, 7), None),
        ("from=2025-10-25T10:00", _ms(2025, 10, 25, 13), None),
        ("from=1761386400", _ms(2025, 10, 25, 10), None),
        ("from=1761386400123", _ms(2025, 10, 25, 10) + 123, None),
    ],
)
def test_times_are_read_as_people_write_them(query: str, since: int, until: int | None) -> None:
    """Days are São Paulo's, summer time included; ISO times and epoch numbers mean themselves."""
    assert signal_filter(QueryParams(query)) == SignalFilter(since=since, until=until)


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=1001",
        "limit=-1",
        "limit=",
        "limit=٣",
        "cursor=1",
        "cursor=1.-2",
        "include=everything",
        "channel=",
        f"channel={'1' * 101}",
        f"type={'x' * 51}",
        "search=",
        "search=%00",
        "from=yesterday",
        "from=2025",
        "from=2025-13-01",
        "to=9999999999999999999",
        "to=1999-12-30",
    ],
)
def test_a_bad_parameter_is_named(query: str) -> None:
    """The problem names the parameter and what is allowed."""
    with pytest.raises(ProblemError) as caught:
        signal_filter(QueryParams(query))
    assert [fault.path for fault in caught.value.faults or []] == [query.partition("=")[0]]


def test_all_bad_parameters_are_named_at_once() -> None:
    """Two faults are two entries."""
    with pytest.raises(ProblemError, match=r"limit: .*; from: "):
        signal_filter(QueryParams("limit=x&from=y"))
