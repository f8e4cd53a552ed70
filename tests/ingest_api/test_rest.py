"""The query string of GET /signals."""

from datetime import UTC, datetime

import pytest
from starlette.datastructures import QueryParams

from ingest_api.answer import ProblemError
from ingest_api.catalog import SignalFilter
from ingest_api.rest import signal_filter


def _ms(*when: int) -> int:
    return int(datetime(*when, tzinfo=UTC).timestamp() * 1000)  # type: ignore[misc,arg-type]


def test_nothing_asked_means_the_newest_hundred() -> None:
    """No parameter, no filter; unknown ones are dropped as the old API did."""
    assert signal_filter(QueryParams("_=17&page=2")) == SignalFilter(limit=100)


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
        "limit=10.7",
        "limit=",
        "limit=٣",
        "limit=1e3",
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
