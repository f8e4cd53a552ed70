"""A million pending rows: the gateway starts as ever, drains them, and stays small."""

import signal
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.crash import backlog
from tests.gateway_process import GatewayProcess
from tests.service_process import ServiceProcess
from tests.waiting import until

_MEGABYTE = 1024 * 1024


class CountingApi(ServiceProcess):
    """The API that only counts, in a process of its own."""

    module = "tests.crash.counting_api"

    @property
    def url(self) -> str:
        """Where it listens."""
        (ready,) = self.lines("service.ready")
        return f"http://127.0.0.1:{ready['port']}"

    def seen(self) -> int:
        """How many different rows have come."""
        with urlopen(f"{self.url}/seen", timeout=10) as answer:  # noqa: S310  # our own server
            return int(answer.read())


def peak_megabytes(process: ServiceProcess) -> float:
    """The most that a process has ever had in memory."""
    status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
    peak = next((line for line in status.splitlines() if line.startswith("VmHWM")), "VmHWM 0 kB")
    return int(peak.split()[1]) * 1024 / _MEGABYTE


def start_seconds(gateway: GatewayProcess) -> float:
    """How long the gateway takes from nothing to ready."""
    begun = time.monotonic()
    gateway.start()
    return time.monotonic() - begun


def drain(gateway: GatewayProcess) -> tuple[float, float]:
    """Have the gateway deliver everything and end; the seconds, and its peak in megabytes."""
    begun, peak = time.monotonic(), 0.0
    gateway.signal(signal.SIGTERM)

    def sample() -> bool:
        nonlocal peak
        ended = gateway.has_ended
        peak = peak if ended else max(peak, peak_megabytes(gateway))
        return ended

    until(sample, 600)
    assert gateway.wait() == 0
    return time.monotonic() - begun, peak


def check(folder: Path, count: int) -> tuple[float, float]:
    """Start thrice on so many rows, drain them; the best start in seconds, the peak in megabytes.

    Each start but the first follows a kill, so none profits from a clean end.
    """
    outbox = folder / "outbox.sqlite3"
    backlog.fill(outbox, count)
    with CountingApi(folder / "api.log", {}) as api:
        endpoint = f"{api.url}/ingest"
        gateway = GatewayProcess(outbox, endpoint, folder / "gateway.log", DRAIN_SECONDS="600")
        starts = []
        for _ in range(3):
            gateway.kill()
            starts.append(start_seconds(gateway))
        seconds, peak = drain(gateway)
        assert api.seen() == count
    with closing(sqlite3.connect(outbox)) as connection:
        states = connection.execute("SELECT state, count(*) FROM outbox GROUP BY state").fetchall()
    assert states == [("delivered", count)]
    print(f"{count} rows: starts {starts} s, drained in {seconds:.1f} s, peak {peak:.0f} MiB")
    return min(starts), peak


def test_a_large_backlog_is_drained_within_bounds(tmp_path: Path) -> None:
    """30,000 rows: start under 3 s, under 150 MB, every row delivered."""
    start, peak = check(tmp_path, 30_000)
    assert start < 3
    assert peak * _MEGABYTE < 150e6


@pytest.mark.long
@pytest.mark.timeout(900)
def test_a_million_rows_are_drained_within_bounds(tmp_path: Path) -> None:
    """1,000,000 rows: start under 3 s, under 150 MB, every row delivered."""
    start, peak = check(tmp_path, 1_000_000)
    assert start < 3
    assert peak * _MEGABYTE < 150e6
