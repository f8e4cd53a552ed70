"""Times as the old API wrote them."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo


def iso(moment: datetime, timespec: str = "milliseconds") -> str:
    """A time in UTC with Z.

    >>> iso(datetime(2025, 10, 25, 13, tzinfo=UTC))
    '2025-10-25T13:00:00.000Z'
    """
    return moment.astimezone(UTC).isoformat(timespec=timespec).replace("+00:00", "Z")


def local_timestamp(zone: str) -> str:
    """Now in a zone, with its offset and no fraction: `2025-11-05T09:34:56-03:00`."""
    return datetime.now(ZoneInfo(zone)).isoformat(timespec="seconds")
