"""The soak run in half a minute, so that it cannot rot."""

from pathlib import Path

import orjson
import pytest

from tests.soak.options import Options
from tests.soak.soak import soak


@pytest.mark.long
@pytest.mark.timeout(180)
async def test_every_fault_once_and_nothing_lost(tmp_path: Path) -> None:
    """Each kind of fault is met, and the books agree."""
    report = await soak(Options(minutes=0.3, seed=7, rate=40, is_hasty=True))
    print(report.table())
    assert report.passes, report.table()
    report.write(tmp_path / "soak.json")
    assert orjson.loads((tmp_path / "soak.json").read_bytes())["found"]["missing"] == 0
