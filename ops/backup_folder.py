"""The files of a backup as they are written and read: plain, or sealed one by one."""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

import click

from gateway_outbox.whole_file import new_file
from ops.backup_manifest import Manifest
from ops.backup_seal import SUFFIX, Identity, Recipient, seal, unseal


class BackupFolder:
    """Writes a backup's files, mode 0600, fsynced; with recipients each becomes `NAME.age`."""

    def __init__(self, path: Path, recipients: Mapping[str, Recipient]) -> None:
        self._path = path
        self._recipients = list(recipients.values())

    @contextmanager
    def file(self, name: str) -> Iterator[Path]:
        """A path, where nothing is yet, for a plain file that is kept when the block is done.

        With recipients it lies in a private folder of the host, not in the backup.
        """
        if not self._recipients:
            yield self._target(name)
            return
        with TemporaryDirectory(prefix="tpcapital-backup-") as scratch:
            plain = Path(scratch) / Path(name).name
            yield plain
            with plain.open("rb") as stream:
                self.take(name, stream)

    def take(self, name: str, stream: IO[bytes]) -> None:
        """Write what a stream gives; what is to be sealed is on no disk in plain."""
        with new_file(self._target(name + SUFFIX if self._recipients else name)) as target:
            if self._recipients:
                seal(stream, target, self._recipients)
            else:
                shutil.copyfileobj(stream, target)

    def _target(self, name: str) -> Path:
        target = self._path / name
        target.parent.mkdir(mode=0o700, exist_ok=True)
        return target


def plain(backup: Path, manifest: Manifest, scratch: Path, by: Sequence[Identity]) -> Path:
    """The folder where the backup's files lie in plain: itself, or a new one in `scratch`.

    Raises click.ClickException without an identity where one is needed.
    """
    if not manifest.recipients:
        return backup
    if not by:
        raise click.ClickException(
            f"{backup} is encrypted to {', '.join(manifest.recipients)};"
            " name the file of a key to it: --age-identity FILE"
        )
    folder = scratch / "plain"
    folder.mkdir(mode=0o700)
    for name in manifest.files:
        target = folder / name.removesuffix(SUFFIX)
        target.parent.mkdir(mode=0o700, exist_ok=True)
        with new_file(target) as stream:
            unseal(backup / name, stream, by)
    return folder


def plain_names(manifest: Manifest) -> list[str]:
    """The names that the backup's files have in plain."""
    return [name.removesuffix(SUFFIX) if manifest.recipients else name for name in manifest.files]
