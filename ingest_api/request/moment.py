"""A time as people and programs write it in a query string."""

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from contracts.message import EARLIEST, LATEST

B3 = ZoneInfo("America/Sao_Paulo")
MILLISECOND = timedelta(milliseconds=1)
_FIRST_IN_MILLISECONDS = 100_000_000_000  # as seconds: the year 5138
_EPOCH = datetime.fromtimestamp(0, UTC)


def milliseconds(text: str, *, end_of_day: bool) -> int:
    """Epoch milliseconds of a day in São Paulo, an ISO time, or epoch seconds or milliseconds.

    Raises ValueError for anything else, and for times that no message can have.
    """
    moment = _moment(text, end_of_day=end_of_day)
    if not EARLIEST <= moment < LATEST:
        raise ValueError(f"must lie between {EARLIEST:%Y} and {LATEST:%Y}")
    return (moment - _EPOCH) // MILLISECOND


def from_milliseconds(number: int) -> datetime:
    """The time of that many milliseconds since 1970, UTC."""
    return _EPOCH + number * MILLISECOND


def from_microseconds(number: int) -> datetime:
    """The time of that many microseconds since 1970, UTC."""
    return _EPOCH + timedelta(microseconds=number)


def _moment(text: str, *, end_of_day: bool) -> datetime:
    try:
        if text.isascii() and text.isdigit():
            number = int(text)
            seconds = number / 1000 if number >= _FIRST_IN_MILLISECONDS else number
            return datetime.fromtimestamp(seconds, UTC)
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            day = date.fromisoformat(text)
            if end_of_day:
                return datetime.combine(day + timedelta(days=1), time(), B3) - MILLISECOND
            return datetime.combine(day, time(), B3)
        # A plus sign in a query string that nobody escaped arrives as a blank.
        moment = datetime.fromisoformat(text.replace(" ", "+") if "T" in text else text)
    except (ValueError, OverflowError, OSError):
        raise ValueError(
            "must be a date (2025-10-25, a day in São Paulo), an ISO 8601 time,"
            " or epoch seconds or milliseconds"
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=B3)
