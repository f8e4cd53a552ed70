"""A file in MEDIA_DIR while it is downloaded: a hidden part beside it, and then, at once, itself.

The folder is shared read-only with the container of the API: it and its files can be read by all.
"""

import os
from pathlib import Path

PART_BYTES = 128 * 1024  # what Telegram gives at a time, at any offset that it divides


class MediaFolderError(Exception):
    """The folder cannot be written to; names it and the reason."""


class MediaFile:
    """One file by name; `remote_id` is Telegram's id of its content, which an edit changes."""

    def __init__(self, folder: Path, name: str, remote_id: int) -> None:
        self._target = folder / name
        self._part = folder / f".{name}.{remote_id}.part"

    def begin(self, size: int) -> int:
        """How many bytes of `size` are here, in whole parts; what lies beyond is cut off.

        Raises MediaFolderError, as the others do.
        """
        try:
            folder = self._target.parent
            if not folder.is_dir():
                folder.mkdir(parents=True)
                folder.chmod(0o755)
            descriptor = os.open(self._part, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
            try:
                here = os.fstat(descriptor).st_size
                kept = min(here, size) // PART_BYTES * PART_BYTES if here != size else size
                os.ftruncate(descriptor, kept)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise self._held(error) from error
        return kept

    def write(self, content: bytes) -> None:
        """Add a part."""
        try:
            with self._part.open("ab") as file:
                file.write(content)
        except OSError as error:
            raise self._held(error) from error

    def finish(self, size: int) -> bool:
        """Put the file in place, on disk for good; one of another size is thrown away (False)."""
        try:
            with self._part.open("rb+") as file:
                os.fchmod(file.fileno(), 0o644)
                os.fsync(file.fileno())
            if self._part.stat().st_size != size:
                self._part.unlink()
                return False
            self._part.replace(self._target)
        except OSError as error:
            raise self._held(error) from error
        return True

    def _held(self, error: OSError) -> MediaFolderError:
        reason = error.strerror or str(error)
        return MediaFolderError(
            f"MEDIA_DIR {self._target.parent} cannot be written: {reason}."
            " Files wait until it can; texts do not."
        )
