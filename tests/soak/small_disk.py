"""A file system of its own for the outbox, so that it can be full."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_LEFT = 256 * 1024


class SmallDisk:
    """`fill` leaves next to nothing, `clear` gives it back. `is_real`: there is such a disk."""

    def __init__(self, folder: Path, *, is_real: bool) -> None:
        self.folder = folder
        self.is_real = is_real
        self._ballast = folder / "ballast"

    def fill(self) -> None:
        """Leave a quarter of a megabyte."""
        room = os.statvfs(self.folder)
        with self._ballast.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, max(1, room.f_bavail * room.f_frsize - _LEFT))

    def clear(self) -> None:
        """Give the space back."""
        self._ballast.unlink(missing_ok=True)


@contextmanager
def small_disk(folder: Path, megabytes: int | None) -> Iterator[SmallDisk]:
    """A tmpfs where we have the right to mount one, else (or with None) a plain folder."""
    folder.mkdir()
    if megabytes is None:
        yield SmallDisk(folder, is_real=False)
        return
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "none", str(folder)],
        check=False,
        capture_output=True,
    )
    is_real = mounted.returncode == 0
    try:
        yield SmallDisk(folder, is_real=is_real)
    finally:
        if is_real:
            subprocess.run(["umount", str(folder)], check=True)
