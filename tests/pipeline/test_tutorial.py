"""The tutorial, as a newcomer would type it."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

from tests.pipeline.test_demo import ROOT, command
from tests.waiting import until

PAGE = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```sh\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
TPCAPITAL = f"{sys.executable} -m ops"


class Newcomer:
    """Types what the page says, with the demo's ports and folder moved to where nobody is."""

    def __init__(self, folder: Path, data: Path, offset: int) -> None:
        self._folder = folder
        self._data = data
        self._offset = offset

    def types(self, block: str) -> str:
        """One block's output. Fails the test when the block fails."""
        moved = re.sub(r"localhost:(\d+)", lambda m: f"localhost:{int(m[1]) + self._offset}", block)
        moved = moved.replace("demo-data/", f"{shlex.quote(str(self._data))}/")
        moved = moved.replace(".venv/bin/tpcapital", TPCAPITAL)
        moved = moved.replace("mine.json", f"{self._folder}/mine.json")
        ended = subprocess.run(  # the page's own words
            ["bash", "-e", "-c", moved], cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert ended.returncode == 0, (block, ended.stdout, ended.stderr)
        return ended.stdout


def test_the_tutorial_word_for_word(tmp_path: Path, demo_data: Path, offset: int) -> None:
    """From the demo to a signal of one's own, to a kill after which nothing is lost."""
    newcomer = Newcomer(tmp_path, demo_data, offset)
    demo, look, read, send, again, break_it, once = BLOCKS
    assert (demo, once) == ("./justw demo\n", "./justw demo --once\n")
    shown = tmp_path / "shown"
    fast = command(demo_data, offset, "--rate", "1000")
    with shown.open("wb") as out:
        running = subprocess.Popen(fast, cwd=ROOT, stdout=out, stderr=out)
        try:
            until(lambda: b"pending 0" in shown.read_bytes().rpartition(b"replay finished")[2], 60)
            health, _, signals = newcomer.types(look).partition('{"data"')
            assert '"status":"ok"' in health.replace(": ", ":")
            assert "raw_message" in signals
            assert "PETR4" in newcomer.types(read)
            sent = newcomer.types(send)
            assert re.search(r"stored\s+1\n", sent)
            until(lambda: "36,40" in newcomer.types(send.splitlines()[-1]))
            assert re.search(r"duplicates\s+1\n", newcomer.types(again))
            newcomer.types(break_it)
            running.wait(30)
        finally:
            running.kill()
            running.wait()
    assert running.returncode != 0
    once_more = command(demo_data, offset, "--once")
    ended = subprocess.run(
        once_more, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 0, ended.stderr
    assert '"messages_total": 276' in ended.stdout.splitlines()[-1]
    assert '"pending": 0' in ended.stdout.splitlines()[-1]
