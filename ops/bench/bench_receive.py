"""From the gateway's receipt of a message to its committed row, through the real processes."""

import json
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from contracts.message import Message
from ops.bench import bench_outbox
from ops.bench.bench_figure import Figure, latency
from ops.bench.bench_messages import bench_messages
from ops.bench.bench_stack import BenchStack
from ops.local_http import read

_LIMIT_SECONDS = 60.0
_PAUSE_SECONDS = 0.5


class ReceiveFailedError(RuntimeError):
    """The replayed messages did not all arrive."""


def measure_receive(stack: BenchStack, scale: float) -> Iterator[Figure]:
    """A replay at 50 messages a second, each message's wait from the outbox's own rows.

    The wait ends when the gateway has the API's answer, which comes after the commit: it holds the
    way back as well, so it is never shorter than the time to the row. Raises ReceiveFailedError.
    """
    count = round(1000 * scale)
    outbox, replay = stack.folder / "receive.sqlite3", stack.folder / "receive.jsonl"
    _write(replay, bench_messages(count, 4))
    with stack.api() as (api, _), stack.gateway(outbox, api, replay) as gateway:
        _wait_until_finished(gateway.url, count / 50 + _LIMIT_SECONDS)
    waits = bench_outbox.waits_ms(outbox)
    if len(waits) != count:
        raise ReceiveFailedError(f"{len(waits)} of {count} messages were delivered")
    found = latency("receive_to_row", "receipt to committed row and answer, 50/s", waits)
    yield found.with_aim("p99", below=50)


def _write(path: Path, messages: Iterable[Message]) -> None:
    """A failure queue of the old gateway, which a replay reads."""
    lines = (
        json.dumps(
            {
                "channelId": message.channel_id,
                "messageId": message.message_id,
                "text": message.text,
                "timestamp": message.timestamp.isoformat(),
            }
        )
        for message in messages
    )
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _wait_until_finished(url: str, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not _finished(json.loads(read(f"{url}/health"))["checks"]):
        if time.monotonic() > deadline:
            raise ReceiveFailedError(f"the replay had not arrived after {seconds:.0f} s")
        time.sleep(_PAUSE_SECONDS)


def _finished(checks: dict[str, Any]) -> bool:
    replayed: bool = checks["source"]["observed"]["replay"]["state"] == "finished"
    return replayed and not checks["outbox"]["observed"]["pending"]
