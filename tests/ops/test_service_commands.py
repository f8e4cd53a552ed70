"""The services under the one command."""

import subprocess
import sys
from pathlib import Path

from tests.running_gateway import ROOT, environment

CODE = "from ops.cli import main; main()"


def test_the_gateway_runs_with_its_own_statuses(tmp_path: Path) -> None:
    """A service without its settings says so and ends with 78, under this name too."""
    environ = environment(tmp_path / "outbox.sqlite3")
    del environ["API_SECRET_TOKEN"]
    command = [sys.executable, "-c", CODE, "gateway"]
    run = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert run.returncode == 78
    assert "FATAL API_SECRET_TOKEN is not set." in run.stderr


def test_the_gateway_s_options_are_passed_on(tmp_path: Path) -> None:
    """`--replay`, `--rate` and `--take-over` mean what they mean to `python -m gateway_outbox`."""
    command = [
        sys.executable,
        "-c",
        CODE,
        "gateway",
        "--replay",
        "x.json",
        "--rate",
        "many",
        "--take-over",
    ]
    environ = environment(tmp_path / "outbox.sqlite3")
    run = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert run.returncode == 78
    assert "FATAL REPLAY_RATE 'many'" in run.stderr
    assert str(ROOT) not in run.stderr
