"""`tpcapital backfill` and `channels check` without a gateway; test_user_lanes.py has one."""

import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from ops.channels.backfill_command import _time
from ops.channels.channels_check import sheet, spans
from ops.cli import main
from tests.messages import CHANNEL
from tests.ops.conftest import Command


@pytest.fixture
def command(outbox_path: Path, tmp_path: Path) -> Command:
    """`tpcapital` on an outbox that no gateway holds."""
    environ = {
        "OUTBOX_PATH": str(outbox_path),
        "CHANNELS_FILE": str(tmp_path / "channels.toml"),
        "TELEGRAM_SOURCE_CHANNELS": "",
        "TELEGRAM_DESTINATION_CHANNEL_ID": "",
    }
    return lambda *arguments: CliRunner().invoke(main, list(arguments), env=environ)


@pytest.fixture
def in_brazil() -> Iterator[None]:
    """A process three hours behind UTC."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = "BRT3"
    time.tzset()
    yield
    os.environ.pop("TZ")
    if before is not None:
        os.environ["TZ"] = before
    time.tzset()


@pytest.mark.parametrize(
    "line", [f"backfill --channel {CHANNEL} --dry-run", f"channels check {CHANNEL}"]
)
def test_without_a_gateway_it_says_why_and_what_to_do(command: Command, line: str) -> None:
    """Only the gateway may use the session."""
    result = command(*line.split())
    assert result.exit_code == 1
    assert "and only it may use the Telegram session. Start it" in result.stderr


@pytest.mark.parametrize(
    ("line", "status", "said"),
    [
        ("backfill", 2, "Missing option '--channel'"),
        (f"backfill --channel {CHANNEL} --since x", 2, "--since 'x' is no time; give a day"),
        (f"backfill --channel {CHANNEL} --from-id 0", 2, "0 is not in the range"),
        (
            f"backfill --channel {CHANNEL} --from-id 1 --since 2026-01-01",
            2,
            "Give --since or --from-id, not both.",
        ),
        ("backfill --channel @unseen", 1, "@unseen was not seen yet, so its id is not known"),
        ("backfill --channel mesa!", 1, "'mesa!' is no channel"),
    ],
)
def test_wrong_use_is_said(command: Command, line: str, status: int, said: str) -> None:
    """Before anything is asked."""
    result = command(*line.split())
    assert result.exit_code == status
    assert said in result.stderr


@pytest.mark.usefixtures("in_brazil")
@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("2026-11-01", datetime(2026, 11, 1, 3, tzinfo=UTC)),
        ("2026-11-01T09:30", datetime(2026, 11, 1, 12, 30, tzinfo=UTC)),
        ("2026-11-01T09:30:00Z", datetime(2026, 11, 1, 9, 30, tzinfo=UTC)),
        (None, None),
    ],
)
def test_a_day_begins_where_the_operator_is(word: str | None, expected: datetime | None) -> None:
    """A time without an offset is local, too."""
    assert _time(word) == expected


@pytest.mark.parametrize(
    ("ids", "expected"),
    [([], []), ([5], ["5"]), ([1, 2, 3, 7, 9, 10], ["1-3", "7", "9-10"])],
)
def test_gaps_are_told_as_stretches(ids: list[int], expected: list[str]) -> None:
    """Short, however many are missing."""
    assert spans(ids) == expected


def test_a_check_is_shown_with_its_error() -> None:
    """A line for each channel."""
    document = {
        "channel_id": CHANNEL,
        "title": "Mesa",
        "checked": 9,
        "missing": [3, 4],
        "gaps": ["3-4"],
        "filled": 0,
        "error": "not followed",
    }
    assert sheet([document]).rows == [(CHANNEL, "Mesa", 9, 2, "3-4", 0, "not followed")]
