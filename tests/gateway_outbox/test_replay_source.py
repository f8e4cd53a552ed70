"""Replaying a file into an outbox."""

import json
from datetime import UTC, datetime
from pathlib import Path

import anyio
import pytest
from blockbuster import blockbuster_ctx

from contracts.message import Message
from gateway_outbox.errors import ExportError
from gateway_outbox.replay.replay_source import Progress, Replay


def export(path: Path, count: int, ending: str = "") -> Path:
    """An export with `count` messages, and a service message after each tenth."""
    items = []
    for number in range(1, count + 1):
        items.append({"id": number, "date_unixtime": "1762780000", "text": f"n {number}"})
        if number % 10 == 0:
            items.append({"id": number, "type": "service", "action": "pin_message"})
    whole = json.dumps({"type": "public_channel", "id": 15, "messages": items})
    path = path / "result.json"
    path.write_text(whole.removesuffix(ending) if ending else whole, encoding="utf-8")
    return path


class Rows:
    """Keeps what is appended, batch by batch, with the loop's time of each."""

    def __init__(self) -> None:
        self.batches: list[list[Message]] = []
        self.times: list[float] = []
        self.third = anyio.Event()

    async def append(self, messages: list[Message]) -> None:
        """Keep a batch."""
        await anyio.lowlevel.checkpoint()
        self.batches.append(messages)
        self.times.append(anyio.current_time())
        if len(self.batches) == 3:
            self.third.set()

    @property
    def ids(self) -> list[int]:
        """All message ids in order of arrival."""
        return [message.message_id for batch in self.batches for message in batch]


async def test_a_file_is_appended_in_batches_and_summed_up(tmp_path: Path) -> None:
    """Every message once, in order; what is skipped is counted by reason, with its first place."""
    rows = Rows()
    summary = await Replay(path=export(tmp_path, 1000), append=rows.append, batch=300).run()
    assert rows.ids == list(range(1, 1001))
    assert max(map(len, rows.batches)) <= 300
    assert (summary.appended, summary.read) == (1000, 1100)
    assert summary.skipped == {"service message: pin_message": 100}
    assert summary.examples == {"service message: pin_message": "$.messages[10]"}


async def test_each_message_says_where_it_came_from_and_when(tmp_path: Path) -> None:
    """Source and receive time are the replay's own."""
    rows, before = Rows(), datetime.now(UTC)
    await Replay(path=export(tmp_path, 3), append=rows.append, source="import").run()
    for message in rows.batches[0]:
        assert message.source == "import"
        assert message.received_at
        assert before <= message.received_at <= datetime.now(UTC)


async def test_a_rate_is_kept_without_drift(tmp_path: Path) -> None:
    """Message n is appended n / rate seconds after the start, one by one."""
    rows, start = Rows(), anyio.current_time()
    await Replay(path=export(tmp_path, 40), append=rows.append, rate=100).run()
    assert all(len(batch) == 1 for batch in rows.batches)
    early = [at for n, at in enumerate(rows.times) if at - start < n / 100]
    assert not early
    assert rows.times[-1] - start < 0.39 + 0.3


async def test_a_cancelled_replay_stops_between_appends(tmp_path: Path) -> None:
    """The summary tells exactly what was appended."""
    rows = Rows()
    replay = Replay(path=export(tmp_path, 5000), append=rows.append, rate=200)
    with anyio.fail_after(10):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(replay.run)
            await rows.third.wait()
            tasks.cancel_scope.cancel()
    assert rows.ids == list(range(1, len(rows.batches) + 1))
    assert replay.summary.appended == len(rows.batches) < 5000


async def test_a_broken_file_gives_what_it_has_and_then_its_error(tmp_path: Path) -> None:
    """Nothing before the break is lost with it."""
    rows = Rows()
    replay = Replay(path=export(tmp_path, 25, ending="]}"), append=rows.append)
    with pytest.raises(ExportError, match="broken JSON at its end"):
        await replay.run()
    assert rows.ids == list(range(1, 26))
    assert replay.summary.read == 27


async def test_progress_is_told_after_each_chunk(tmp_path: Path) -> None:
    """Bytes read, of how many, and the summary so far."""
    told: list[Progress] = []
    path = export(tmp_path, 1000)
    await Replay(path=path, append=Rows().append, batch=200, on_progress=told.append).run()
    positions = [progress.position for progress in told]
    assert len(told) == 6
    assert positions == sorted(positions)
    assert told[-1].size == path.stat().st_size


async def test_reading_never_blocks_the_event_loop(tmp_path: Path) -> None:
    """Opening, parsing and closing happen in a worker thread."""
    path, rows = export(tmp_path, 2000), Rows()
    with blockbuster_ctx():
        await Replay(path=path, append=rows.append).run()
    assert len(rows.ids) == 2000


async def test_reasons_stay_bounded_whatever_the_file(tmp_path: Path) -> None:
    """A file that invents a reason for each line does not fill the memory."""
    items = [{"type": "service", "action": f"a{n}"} for n in range(500)]
    path = tmp_path / "result.json"
    path.write_text(json.dumps({"type": "x", "id": 1, "messages": items}), encoding="utf-8")
    summary = await Replay(path=path, append=Rows().append).run()
    assert len(summary.skipped) <= 51
    assert summary.read == 500


@pytest.mark.parametrize("rate", [0, -1, float("nan"), float("inf")])
def test_a_rate_that_is_none_is_refused(rate: float) -> None:
    """The sentence says which number to give."""
    with pytest.raises(ValueError, match="give a number above 0"):
        Replay(path=Path("x"), append=Rows().append, rate=rate)
