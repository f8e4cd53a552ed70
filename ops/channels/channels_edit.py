"""Changes of CHANNELS_FILE that keep what a person wrote there: comments, order, spacing.

The new text is read back as the gateway would read it before it takes the old one's place.
"""

import difflib
import os
import stat
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import Array

from contracts.plain_words import cause
from gateway_outbox.channels_file import VERSION, Declared, declared_by, parse
from gateway_outbox.errors import ChannelsFileError
from gateway_outbox.whole_file import replaced

_HEAD = "The channels that the gateway reads; `tpcapital channels` edits this file."


class ChannelsEdit:
    """The file as it was read. Raises ChannelsFileError when it cannot be used.

    Each method changes the text in memory; `write` puts it in place.
    """

    def __init__(self, path: Path) -> None:
        self._path = path.resolve()  # a link stays a link
        try:
            text = self._path.read_text(encoding="utf-8")
        except FileNotFoundError:
            text = f"# {_HEAD}\n\nversion = {VERSION}\n"
        except (OSError, UnicodeDecodeError) as error:
            raise ChannelsFileError(
                f"{path} cannot be read: {cause(error)}. Correct it or its rights"
            ) from error
        self.declared = parse(text, path)
        self._document = tomlkit.parse(text)

    def add(self, channel: Declared) -> None:
        """Declare one more. Raises ChannelsFileError when it is declared already."""
        if known := self.find(channel.key):
            state = "enabled" if known.enabled else "disabled: `tpcapital channels enable` it"
            raise ChannelsFileError(
                f"{channel.key} is declared already as {known.role}, {state}; nothing was changed"
            )
        if "channel" not in self._document:
            self._document.append("channel", tomlkit.aot())
        tables = self._tables()
        table = tomlkit.inline_table() if isinstance(tables, Array) else tomlkit.table()
        for name in ("id", "name", "label", "role", "enabled"):
            value = getattr(channel, name)
            if value not in (None, ""):
                table[name] = value
        if not isinstance(tables, Array):
            table.trivia.indent = "\n"
        tables.append(table)
        self._read_back()

    def remove(self, word: str) -> Declared:
        """Declare it no longer. Raises ChannelsFileError for one that is not declared."""
        known = self._known(word)
        del self._tables()[self.declared.index(known)]
        self._read_back()
        return known

    def turn(self, word: str, *, enabled: bool) -> bool:
        """Enable or disable one; returns whether that changed it. Raises as `remove`."""
        known = self._known(word)
        self._tables()[self.declared.index(known)]["enabled"] = enabled
        self._read_back()
        return known.enabled != enabled

    def write(self) -> None:
        """Replace the file whole, its mode and owner kept. Raises ChannelsFileError."""
        try:
            _replace(self._path, tomlkit.dumps(self._document).rstrip() + "\n")
        except OSError as error:
            raise ChannelsFileError(f"{self._path} cannot be written: {error.strerror}") from error

    def find(self, key: int | str) -> Declared | None:
        """The declared channel of this key."""
        return next((each for each in self.declared if each.key == key), None)

    def _known(self, word: str) -> Declared:
        """By id, by name, or by its whole label."""
        named = [each for each in self.declared if each.label == word]
        known = named[0] if len(named) == 1 else self.find(declared_by(word).key)
        if known is None:
            raise ChannelsFileError(f"{word} is not declared in {self._path}{self._near(word)}")
        return known

    def _near(self, word: str) -> str:
        labels = {str(each.key): each.label for each in self.declared}
        near = difflib.get_close_matches(word.lower(), labels, n=3, cutoff=0.5)
        if not near:
            return "; `tpcapital channels list` shows what is"
        return "; near: " + ", ".join(f"{key} {labels[key]}".strip() for key in near)

    def _tables(self) -> Any:
        return self._document["channel"]

    def _read_back(self) -> None:
        try:
            self.declared = parse(tomlkit.dumps(self._document), self._path)
        except TOMLKitError as error:
            raise ChannelsFileError(f"{self._path}: {error}; nothing was changed") from error


def _replace(path: Path, text: str) -> None:
    old = path.stat() if path.exists() else None
    owner = old or path.parent.stat()
    with replaced(path) as file:
        file.write(text.encode())
        if old:
            os.fchmod(file.fileno(), stat.S_IMODE(old.st_mode))
        if os.geteuid() == 0:  # the service's user must be able to read what root writes
            os.fchown(file.fileno(), owner.st_uid, owner.st_gid)
