"""What an answer of the API means for the rows that were sent: a pure table, no I/O, no clock."""

from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from enum import Enum
from typing import NamedTuple

MAX_RETRY_AFTER_SECONDS = 900.0


class Action(Enum):
    """What the relay does with the rows of one request."""

    DELIVERED = "delivered"  # the API answered for each row: read the results
    REJECTED = "rejected"  # these bytes will never be taken: split a batch, bury a single row
    HOLD = "hold"  # the configuration is wrong, not the rows: all stay pending
    RETRY = "retry"  # the destination fails or is away: all stay pending


class Verdict(NamedTuple):
    """An action and its reason (a value of the failure metric's label; empty when delivered)."""

    action: Action
    reason: str


_HOLD_AUTH = Verdict(Action.HOLD, "auth")
_HOLD_ROUTE = Verdict(Action.HOLD, "misroute")
_REJECTED = Verdict(Action.REJECTED, "rejected")
_TIMEOUT = Verdict(Action.RETRY, "timeout")
_BY_STATUS = {
    401: _HOLD_AUTH,
    403: _HOLD_AUTH,
    404: _HOLD_ROUTE,
    405: _HOLD_ROUTE,
    400: _REJECTED,
    413: _REJECTED,
    415: _REJECTED,
    422: _REJECTED,
    408: _TIMEOUT,
    504: _TIMEOUT,
    429: Verdict(Action.RETRY, "throttled"),
}
_BY_CLASS = {2: Verdict(Action.DELIVERED, ""), 5: Verdict(Action.RETRY, "server_error")}
_OTHER = Verdict(Action.RETRY, "unexpected")


def judge(status: int) -> Verdict:
    """The verdict on an HTTP status, for every status there is."""
    return _BY_STATUS.get(status) or _BY_CLASS.get(status // 100, _OTHER)


def speaks_against_row(status: int | None, reason: str) -> bool:
    """Whether a failure of a row sent alone may be the row's own fault.

    The request reached the API and broke there. Not for a 503 or 429, by which it says that it is
    not itself, nor for a connection that never came about.
    """
    if status is None:
        return reason in {"timeout", "broken"}
    return status >= 500 and status != 503  # noqa: PLR2004  # server errors other than "away"


def retry_after_seconds(headers: Mapping[str, str]) -> float:
    """The wait that the API asks for, 0 without one; never more than 15 minutes.

    A date is taken against the answer's own Date header, so that our clock does not matter.
    """
    try:
        value = headers["Retry-After"].strip()
        if value.isascii() and value.isdigit():
            return min(float(value), MAX_RETRY_AFTER_SECONDS)
        wait = parsedate_to_datetime(value) - parsedate_to_datetime(headers["Date"])
    except (KeyError, ValueError, TypeError):
        return 0.0
    return min(max(wait.total_seconds(), 0.0), MAX_RETRY_AFTER_SECONDS)
