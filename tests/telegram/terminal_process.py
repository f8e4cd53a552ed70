"""A command on a terminal of its own, read and typed at as a person does."""

import os
import pty
import re
import signal
import subprocess
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Self

import anyio

SECONDS = 60
_STYLE = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


class TerminalProcess:
    """Use it inside `on_terminal`. `shown` is all that was on the screen, styles left out."""

    def __init__(self, command: Sequence[str], environ: dict[str, str]) -> None:
        self._screen, inside = pty.openpty()
        os.set_blocking(self._screen, False)
        self._process = subprocess.Popen(
            command, stdin=inside, stdout=inside, stderr=inside, env=environ
        )
        os.close(inside)
        self.raw = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._screen)

    @property
    def shown(self) -> str:
        """What a person has read so far."""
        return _STYLE.sub("", self.raw).replace("\r\n", "\n")

    async def wait_for(self, text: str, times: int = 1) -> None:
        """Read until the text was shown so often. Raises EOFError when the command ends before."""
        with anyio.fail_after(SECONDS):
            while self.shown.count(text) < times:
                if not await self._read():
                    raise EOFError(f"{text!r} was not shown: {self.shown}")

    def type(self, line: str) -> None:
        """A line, and Enter."""
        os.write(self._screen, f"{line}\n".encode())

    def interrupt(self) -> None:
        """What the terminal sends at Ctrl-C."""
        self._process.send_signal(signal.SIGINT)

    async def end(self) -> int:
        """The exit status, all output read."""
        with anyio.fail_after(SECONDS):
            while await self._read():
                pass
            return await anyio.to_thread.run_sync(self._process.wait)

    async def _read(self) -> bool:
        await anyio.wait_readable(self._screen)
        try:
            text = os.read(self._screen, 65536).decode(errors="replace")
        except OSError:  # Linux: the other side is closed
            return False
        self.raw += text
        return bool(text)


@asynccontextmanager
async def on_terminal(
    command: Sequence[str], environ: dict[str, str]
) -> AsyncIterator[TerminalProcess]:
    """The command, running; killed with the block."""
    with TerminalProcess(command, environ) as process:
        yield process
