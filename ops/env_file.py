"""Files of `NAME=value` lines: written once for a person to edit, read as systemd reads them."""

import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from contracts import environment

_WIDTH = 96


def render(kind: type[msgspec.Struct], given: Mapping[str, str], credentials: Path) -> str:
    """Every setting of `kind`: those in `given` set, the others as comments with their default.

    Secrets are not among them; each is a file of its lower-case name in `credentials`.
    """
    lines = _comment("Settings of the service, which reads them at its start.")
    for field in msgspec.structs.fields(kind):
        name = field.name.upper()
        lines += ["", *_comment(environment.description(field.type))]
        if environment.is_secret(field.type):
            lines += _comment(f"{name} is the file {credentials / field.name}")
            continue
        lines.append(f"{name}={given[name]}" if name in given else f"#{name}={_default(field)}")
    return "\n".join(lines) + "\n"


def read(path: Path) -> dict[str, str]:
    """The variables of such a file; of a name that comes twice, the last.

    Raises SettingsError for one that is no text, and OSError.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        reason = f"{path} is no text in UTF-8 (byte {error.start}); write it as NAME=value lines"
        raise environment.SettingsError([reason]) from None
    found = {}
    for line in text.split("\n"):  # other characters that end a line do not end it for systemd
        name, equals, value = line.strip().partition("=")
        if equals and not name.startswith(("#", ";")):
            found[name.strip()] = environment.unquoted(value)
    return found


def _comment(text: str) -> list[str]:
    return textwrap.wrap(
        text, _WIDTH, initial_indent="# ", subsequent_indent="# ", break_on_hyphens=False
    )


def _default(field: Any) -> str:
    return (
        "" if field.required or field.default in (None, msgspec.NODEFAULT) else str(field.default)
    )
