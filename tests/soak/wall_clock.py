"""The clock that the two services see: libfaketime's, where the machine has it."""

from pathlib import Path

_LIBRARIES = ("/usr/lib", "/usr/local/lib", "/lib")
_NAME = "libfaketimeMT.so.1"


class WallClock:
    """A file that tells how far the services' clock is from the true one, and the way to it."""

    def __init__(self, file: Path) -> None:
        self.library = _library()
        self._file = file
        self.step(0)

    @property
    def variables(self) -> dict[str, str]:
        """What a process needs in its environment; nothing where the library is not there."""
        if self.library is None:
            return {}
        return {
            "LD_PRELOAD": str(self.library),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "NO_FAKE_STAT": "1",
        }

    def step(self, seconds: int) -> None:
        """Set the clock so far ahead of the true one (behind, if negative); seen within 1 s."""
        fresh = self._file.with_suffix(".new")
        fresh.write_text(f"{seconds:+d}\n", encoding="ascii")
        fresh.replace(self._file)


def _library() -> Path | None:
    for top in _LIBRARIES:
        for found in Path(top).glob(f"**/faketime/{_NAME}"):
            return found
    return None
