"""A container engine as tests ask it: commands, their output, and what it says of containers."""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = ROOT / "compose"
SECONDS = 180


def docker(*arguments: str, environ: Mapping[str, str] | None = None) -> str:
    """What `docker …` prints. Raises AssertionError with what it complained of."""
    command = ["docker", *arguments]
    done = subprocess.run(
        command, env=environ, capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert done.returncode == 0, f"{' '.join(command)}: {done.stderr[-3000:]}"
    return done.stdout


def missing() -> str:
    """Why there is no engine to test with; nothing when there is one."""
    for command in (["docker", "info"], ["docker", "compose", "version"]):
        try:
            subprocess.run(command, capture_output=True, timeout=20, check=True)
        except (OSError, subprocess.SubprocessError) as error:
            return f"{' '.join(command)}: {error}"
    return ""


def inspect(name: str) -> dict[str, Any]:
    """Everything about one container or image."""
    found: dict[str, Any] = json.loads(docker("inspect", name))[0]
    return found
