"""`systemctl` for a test: units are our real services, started with what is in the new env files.

Called as a program; SYSTEMCTL_HOME holds its state, a file `NAME.enabled` and `NAME.pid` a unit.
"""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from ops.move.move_site import read_env

ROOT = Path(__file__).resolve().parent.parent.parent
MODULES = {
    "tp-capital-api": ("ingest_api", "api"),
    "tp-capital-gateway": ("gateway_outbox", "gateway"),
}


def main(home: Path, verb: str, words: list[str]) -> int:
    """The exit status."""
    unit = words[-1]
    enabled, pid = home / f"{unit}.enabled", home / f"{unit}.pid"
    if verb == "is-active":
        print("active" if pid.exists() else "inactive")
        return 0 if pid.exists() else 3
    if verb == "is-enabled":
        print("enabled" if enabled.exists() else "disabled")
        return 0 if enabled.exists() else 1
    if verb == "enable":
        enabled.touch()
        if "--now" in words and not pid.exists():
            pid.write_text(str(start(home, unit)))
        return 0
    enabled.unlink(missing_ok=True)
    if "--now" in words and pid.exists():
        stop(int(pid.read_text()))
        pid.unlink()
    return 0


def start(home: Path, unit: str) -> int:
    """The unit's process."""
    module, name = MODULES[unit]
    config = Path(os.environ["SYSTEMCTL_CONFIG"])
    environ = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "CREDENTIALS_DIRECTORY": str(config / "credentials"),
        **read_env(config / f"{name}.env"),
    }
    with (home / f"{unit}.log").open("ab") as log:
        command = [sys.executable, "-m", module]
        process = subprocess.Popen(
            command, env=environ, cwd=home, stderr=log, stdout=log, start_new_session=True
        )
    return process.pid


def stop(pid: int) -> None:
    """SIGTERM, and wait until it is gone."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
        descriptor = os.pidfd_open(pid)
        try:
            import select

            select.select([descriptor], [], [], 30)
        finally:
            os.close(descriptor)


if __name__ == "__main__":
    sys.exit(main(Path(os.environ["SYSTEMCTL_HOME"]), sys.argv[1], sys.argv[2:]))
