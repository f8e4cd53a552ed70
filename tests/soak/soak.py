"""One run, from the first message to the verdict."""

import shutil
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

import anyio
import anyio.to_thread

from ops.bench_machine import machine
from tests.postgres import server_folder
from tests.soak.accounting import audit
from tests.soak.catching_up import CatchingUpError, at_rest, caught_up
from tests.soak.findings import Findings
from tests.soak.latency import latencies
from tests.soak.memory_log import MemoryLog
from tests.soak.options import Options
from tests.soak.progress import Progress
from tests.soak.report import Report
from tests.soak.site import Site, running_site
from tests.soak.torment import Torment
from tests.soak.verdict import compare

_DRAIN_SECONDS = 1200.0


class Soak:
    """A run on a site."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.torment = Torment(site)
        self.memory = MemoryLog(site.services)
        self.findings = Findings()
        self.wrong: list[str] = []
        self.begun = time.monotonic()
        self.seconds = 0.0

    async def run(self) -> Report:
        """Traffic and faults, then calm, then the books are compared."""
        load = machine(self.site.dsn)
        progress = Progress(self.site, self.torment)
        async with anyio.create_task_group() as watch:
            watch.start_soon(self.memory.run)
            watch.start_soon(self._supervise)
            watch.start_soon(progress.run)
            try:
                await self._live()
                await self._drain()
            except CatchingUpError as error:
                self.wrong.append(str(error))
            watch.cancel_scope.cancel()
        for service in self.site.services:
            await service.stop()
            self.wrong += service.ends
        self.wrong += [f"the bot {each}" for each in self.site.bot.violations]
        await anyio.to_thread.run_sync(self._judge)
        return self._report({"at the start": load, "at the end": machine(self.site.dsn)})

    async def _live(self) -> None:
        options = self.site.options
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self.site.traffic.live, options.rate)
            if options.faults:
                await self.torment.run(options.minutes * 60)
            else:
                self.site.traffic.withheld_share = 0.0
                await anyio.sleep(options.minutes * 60)
            tasks.cancel_scope.cancel()
        self.seconds = time.monotonic() - self.begun

    async def _drain(self) -> None:
        await caught_up(self.site, _DRAIN_SECONDS)
        await at_rest(self.site, _DRAIN_SECONDS)

    async def _supervise(self) -> None:
        while True:
            for service in self.site.services:
                await service.look()
            await anyio.sleep(1)

    def _judge(self) -> None:
        book = self.site.traffic.book
        compare(self.site.dsn, book, self.site.limits, self.findings)
        audit(self.site.outbox, self.site.dsn, book, self.findings)
        self.wrong += self.findings.words

    def _report(self, load: dict[str, Any]) -> Report:
        site, options = self.site, self.site.options
        with_faults = options.faults
        return Report(
            seed=options.seed,
            seconds=round(self.seconds, 1),
            rate=options.rate,
            faults="all" if with_faults else "none",
            date=datetime.now(UTC).isoformat(timespec="seconds"),
            counts=dict(site.traffic.book.done),
            seen=dict(sorted(self._seen().items())),
            tried=dict(self.torment.done),
            unavailable=self.torment.unavailable if with_faults else {},
            vacuous=[each for each in self.torment.vacuous if with_faults],
            found=dict(self.findings.counts),
            excused=dict(self.findings.excused),
            wrong=self.wrong,
            recovery_seconds=_recoveries(self.torment),
            latency_seconds=latencies(site.dsn, site.traffic.book),
            memory=self.memory.figures(),
            machine=load,
        )

    def _seen(self) -> Counter[str]:
        if not self.site.options.faults:
            return Counter()
        withheld = self.site.traffic.book.done["withheld pushes"]
        return self.torment.seen + Counter({"push withheld": withheld})


def _recoveries(torment: Torment) -> dict[str, float]:
    found = torment.recoveries
    if not found:
        return {}
    spread = {"median": round(median(found), 2), "max": round(max(found), 2)}
    return {"times": len(found), **spread, "next fault came before": torment.impatient}


async def soak(options: Options) -> Report:
    """Build everything, run, and take everything down. After a failure the files stay."""
    async with _workplace() as folder, running_site(options, folder) as site:
        report = await Soak(site).run()
        if not report.passes:
            kept = Path(str(folder) + "-kept")
            shutil.copytree(folder, kept, ignore=shutil.ignore_patterns("pg", "ballast"))
            report.wrong.append(f"logs and outbox are kept in {kept}")
        return report


@asynccontextmanager
async def _workplace() -> AsyncIterator[Path]:
    with server_folder() as folder:
        yield folder
