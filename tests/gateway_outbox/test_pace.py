"""Our own limits, by a clock that a test moves."""

from gateway_outbox.user.pace import Pace


def waits(pace: Pace, *counts: int) -> list[float]:
    """How long each turn waits, each taken as soon as it may be."""
    now, found = 0.0, []
    for count in counts:
        found.append(pace._wait(now, count))
        now += found[-1]
        pace._turns.append((now, count))
    return found


def test_one_a_second_and_so_many_a_minute() -> None:
    """The twenty-first waits until the first is a minute ago."""
    found = waits(Pace(20), *[1] * 22)
    assert found[:20] == [0.0, *[1.0] * 19]
    assert found[20:] == [41.0, 1.0]


def test_an_album_counts_as_its_parts() -> None:
    """Ten, ten, and then a minute's wait."""
    assert waits(Pace(20), 10, 10, 1) == [0.0, 1.0, 59.0]


def test_more_than_a_minute_holds_goes_alone() -> None:
    """It waits for everything before it, and not for ever."""
    assert waits(Pace(5), 3, 10, 1) == [0.0, 60.0, 60.0]


def test_a_high_limit_is_faster_than_one_a_second() -> None:
    """6000 a minute are 100 a second."""
    assert waits(Pace(6000), 1, 1) == [0.0, 0.01]
