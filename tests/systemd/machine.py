"""The machine with systemd that a test runs on, with the services installed."""

import shutil
import time
from pathlib import Path

import anyio

from tests.waiting import eventually

GATEWAY = "tp-capital-gateway.service"
API = "tp-capital-api.service"
PROGRAM = "/opt/tp-capital/.venv/bin/tpcapital"
CONFIG = Path("/etc/tp-capital")
CREDENTIALS = CONFIG / "credentials"
STATE = Path("/var/lib/tp-capital-gateway")
_DROP_INS = Path("/run/systemd/system")
_DELIVERED = Path("/run/delivered")


class Machine:
    """What a test asks of systemd, and how it changes settings. One at a time."""

    def __init__(self) -> None:
        self._begun = time.time()

    async def run(self, *command: str, check: bool = True) -> tuple[int, str]:
        """A program's exit status, and what it said. Raises AssertionError when it fails."""
        done = await anyio.run_process(command, check=False, cwd="/")
        said = (done.stdout + done.stderr).decode()
        assert done.returncode == 0 or not check, f"{command}: {done.returncode}: {said}"
        return done.returncode, said

    async def tpcapital(self, *arguments: str) -> str:
        """What the installed command says."""
        return (await self.run(PROGRAM, *arguments))[1]

    async def systemctl(self, *arguments: str, check: bool = True) -> int:
        """The exit status of systemctl."""
        return (await self.run("systemctl", *arguments, check=check))[0]

    async def start(self, unit: str = GATEWAY) -> None:
        """Start it and wait until it says that it is ready."""
        await self.systemctl("start", unit)

    async def show(self, name: str, unit: str = GATEWAY) -> str:
        """One property of a unit."""
        return (await self.run("systemctl", "show", unit, "-P", name))[1].strip()

    async def pid(self) -> int:
        """The gateway's main process."""
        return int(await self.show("MainPID"))

    async def journal(self, unit: str = GATEWAY) -> str:
        """What the unit said since this test began."""
        since = f"--since=@{int(self._begun)}"
        return (await self.run("journalctl", "-o", "cat", since, "-u", unit))[1]

    def set(self, name: str = "gateway", **variables: str) -> None:
        """Further lines in an env file."""
        with (CONFIG / f"{name}.env").open("a", encoding="utf-8") as file:
            file.writelines(f"{variable}={value}\n" for variable, value in variables.items())

    def secret(self, name: str, text: str) -> None:
        """A credential."""
        path = CREDENTIALS / name
        path.touch(0o600)
        path.write_text(text, encoding="utf-8")

    async def drop_in(self, text: str) -> None:
        """Something else in the gateway's unit, for this test."""
        folder = _DROP_INS / f"{GATEWAY}.d"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "test.conf").write_text(f"[Service]\n{text}\n", encoding="utf-8")
        await self.systemctl("daemon-reload")

    async def prepare(self) -> None:
        """Everything as it is after an installation."""
        if not _is_installed():
            await self.tpcapital("install", "--api", "--yes")
            shutil.copytree(CONFIG, _DELIVERED, dirs_exist_ok=True)

    async def forget(self) -> None:
        """End everything; settings become those delivered, data go."""
        await self.systemctl("kill", "--signal=KILL", GATEWAY, API, check=False)
        await self.systemctl("stop", GATEWAY, API, check=False)
        await self.systemctl("reset-failed", check=False)
        shutil.rmtree(_DROP_INS / f"{GATEWAY}.d", ignore_errors=True)
        await self.systemctl("daemon-reload")
        if _is_installed():
            _restore()

    async def logged(self, text: str, unit: str = GATEWAY) -> None:
        """Until the unit said so. Raises TimeoutError."""

        async def is_there() -> bool:
            return text in await self.journal(unit)

        await eventually(is_there)


def _is_installed() -> bool:
    return CONFIG.exists()


def _restore() -> None:
    shutil.rmtree(CONFIG)
    shutil.copytree(_DELIVERED, CONFIG)
    for each in STATE.iterdir():
        each.unlink()
