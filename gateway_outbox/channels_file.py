"""Which channels are read, and which one copies go to: a file for people, and the environment.

version = 1

[[channel]]
id = -1001234567890        # or: name = "@mesa"
label = "Mesa"
role = "source"            # or "destination"
enabled = true
"""

import re
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from contracts.plain_words import cause, rule
from gateway_outbox.errors import ChannelsFileError
from gateway_outbox.settings import Settings

VERSION = 1
Role = Literal["source", "destination"]
_NAME = r"^@[A-Za-z][A-Za-z0-9_]{3,31}$"
_LOWEST = -(2**63)


class Declared(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One channel as its operator declared it: by marked id (-100…) or by public name."""

    id: Annotated[int, msgspec.Meta(lt=0, ge=_LOWEST)] | None = None
    name: Annotated[str, msgspec.Meta(pattern=_NAME)] | None = None
    label: Annotated[str, msgspec.Meta(max_length=100)] = ""
    role: Role = "source"
    enabled: bool = True

    def __post_init__(self) -> None:
        if (self.id is None) == (self.name is None):
            raise ValueError("give either id (-100…) or name (@…)")

    @property
    def key(self) -> int | str:
        """The id, or the name in lower case."""
        return self.id if self.id is not None else (self.name or "").lower()

    def means(self, channel_id: int, username: str | None) -> bool:
        """Whether it is this channel."""
        return self.key in (channel_id, f"@{username}".lower())


class _File(msgspec.Struct, forbid_unknown_fields=True):
    version: int
    channel: list[Declared] = []


class Channels:
    """The declared channels as they are now; `reload` reads the file again."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.declared: list[Declared] = []
        self._wake: list[Callable[[], None]] = []
        self.reload()

    def on_change(self, wake: Callable[[], None]) -> None:
        """Call `wake` after every reload that changed something."""
        self._wake.append(wake)

    def reload(self) -> None:
        """Take what the file says now. Raises ChannelsFileError, and then changes nothing."""
        found: dict[int | str, Declared] = {}
        settings = self._settings
        given = from_words(
            settings.telegram_source_channels, settings.telegram_destination_channel_id
        )
        for declared in (*read(settings.channels_file), *given):
            found.setdefault(declared.key, declared)
        if (now := list(found.values())) != self.declared:
            self.declared = now
            for wake in self._wake:
                wake()

    def of_role(self, role: Role) -> list[Declared]:
        """Those that are on."""
        return [each for each in self.declared if each.enabled and each.role == role]

    def accepts(self, channel_id: int, username: str | None) -> bool:
        """Whether messages of this channel are kept: all are while nothing is declared."""
        known = [each for each in self.declared if each.means(channel_id, username)]
        return all(each.enabled for each in known) if known else not self.declared


def read(path: Path) -> list[Declared]:
    """The channels of a file; none where there is no file. Raises ChannelsFileError."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError) as error:
        raise ChannelsFileError(
            f"{path} cannot be read: {cause(error)}. Correct it or its rights"
        ) from error
    return parse(text, path)


def parse(text: str, path: Path) -> list[Declared]:
    """The channels of a file's text; `path` is for the message. Raises ChannelsFileError."""
    try:
        file = msgspec.convert(tomllib.loads(text), _File)
    except (ValueError, msgspec.ValidationError, RecursionError) as error:
        # ValueError is TOMLDecodeError, and that of a number with thousands of digits.
        raise ChannelsFileError(
            f"{path}: {rule(str(error))}. Correct it; nothing was changed."
        ) from error
    if file.version != VERSION:
        raise ChannelsFileError(
            f"{path} has version {file.version}, this program knows {VERSION}."
            " Install the program that wrote it; nothing was changed."
        )
    _refuse_twins(path, file.channel)
    return file.channel


def from_words(sources: str, destination: int | None) -> Iterator[Declared]:
    """The channels of TELEGRAM_SOURCE_CHANNELS and TELEGRAM_DESTINATION_CHANNEL_ID.

    Raises ChannelsFileError for a word that is no channel.
    """
    for word in re.split(r"[,;\s]+", sources.strip("[] \t")):
        if cleaned := word.strip("\"'"):
            yield declared_by(cleaned)
    if destination is not None:
        yield Declared(id=destination, role="destination")


def declared_by(word: str, *, label: str = "", role: Role = "source") -> Declared:
    """A channel by what a person types: -100…, @name, or t.me/name. Raises ChannelsFileError."""
    name = re.sub(r"^(https?://)?t\.me/", "@", word)
    try:
        if re.fullmatch(r"-?[0-9]{1,19}", word):
            return msgspec.convert({"id": int(word), "label": label, "role": role}, Declared)
        return msgspec.convert({"name": name, "label": label, "role": role}, Declared)
    except msgspec.ValidationError:
        raise ChannelsFileError(
            f"{word!r} is no channel: give its marked id (-100…) or its public name (@…)"
        ) from None


def _refuse_twins(path: Path, declared: list[Declared]) -> None:
    counts = Counter(each.key for each in declared)
    if twins := sorted(str(key) for key, count in counts.items() if count > 1):
        raise ChannelsFileError(f"{path} declares {', '.join(twins)} more than once; keep one each")
    if sum(each.role == "destination" and each.enabled for each in declared) > 1:
        raise ChannelsFileError(f"{path} has more than one destination; keep one enabled")
