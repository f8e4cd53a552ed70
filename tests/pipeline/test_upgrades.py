"""The gateway is upgraded again and again under traffic; the API and the database stay."""

import os
import time
from itertools import cycle
from pathlib import Path

import pytest

from contracts.version import current
from tests.pipeline.release import Release
from tests.pipeline.upgraded import upgraded

UPGRADES = int(os.environ.get("TPCAPITAL_UPGRADES", "4"))
RATE = 30  # things done a second, by each of both sources
NEWER = "1.1.0"  # the neighbour of 1.0


@pytest.mark.long
@pytest.mark.timeout(120 + 30 * UPGRADES)
async def test_upgrades_under_traffic_lose_and_double_nothing(
    tmp_path: Path, database: str
) -> None:
    """Stopped in order or killed, another version in its place, started: each message once."""
    old, new = (Release.install(_made(tmp_path / name), name) for name in (current(), NEWER))
    async with upgraded(tmp_path, database) as site:
        await site.start(old)
        async with site.traffic(RATE):
            found = await site.check_beforehand(new)
            assert (found["version"], found["may"]) == (NEWER, True)
            for number, release in zip(range(UPGRADES), cycle((new, old)), strict=False):
                await site.upgrade(release, kill=number % 4 in (1, 2))  # up and back, in either way
        begun = time.monotonic()
        await site.settle()
        site.check()
        print(f"\n{site.told()}; settled {time.monotonic() - begun:.1f} s after the last message")
    assert site.killed == UPGRADES // 2
    assert site.story.revisions > 10 * UPGRADES
    assert min(site.restless.done[each] for each in ("posted", "edited", "deleted")) > 0


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder
