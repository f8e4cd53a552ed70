"""The log lines of both services that are about one message, wherever the logs are kept."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from contracts.message import Key
from ops.outside_program import run

UNITS = ("tp-capital-gateway.service", "tp-capital-api.service")
_SECONDS = 20.0
_NOT_INSTALLED = 127
_PRIORITY = re.compile(r"^<[0-7]>")


def lines_about(
    sources: Iterable[tuple[str, Iterable[str]]], keys: set[Key], traces: list[str]
) -> list[dict[str, Any]]:
    """Lines with one of the traces, or with the ids of a key; each with its source as `log`."""
    return [
        {**line, "log": name}
        for name, texts in sources
        for line in _parsed(texts)
        if line.get("trace_id") in traces or _names(line, keys)
    ]


def of_files(paths: Iterable[Path]) -> Iterator[tuple[str, Iterable[str]]]:
    """The lines of log files."""
    for path in paths:
        with path.open(encoding="utf-8", errors="replace") as file:
            yield str(path), file


def of_supervisors(since: datetime) -> Iterator[tuple[str, Iterable[str]]]:
    """The lines that journald and Docker keep, from a time on; nothing where neither is."""
    begin = since.strftime("%Y-%m-%d %H:%M:%S UTC")
    # those of the machine, and those of the person who asks (`tpcapital install --user`)
    units = [f"{option}={unit}" for unit in UNITS for option in ("--unit", "--user-unit")]
    yield "journal", _output(["journalctl", "-q", "-o", "cat", "--since", begin, *units])
    label = "label=com.docker.compose.service=api"
    for container in _output(["docker", "ps", "-q", "--filter", label]):
        command = ["docker", "logs", "--since", since.isoformat(), container]
        yield f"container {container}", _output(command)


def journal_is_closed() -> str:
    """Why journald's lines cannot be read; empty where they can, and where there is no journald."""
    said = run(["journalctl", "--quiet", "--lines=1", "--output=cat", f"--unit={UNITS[0]}"])
    if said.status == _NOT_INSTALLED or "ermission" not in said.err:
        return ""
    return f"the journal cannot be read by this user: {said.reason}; as root it can"


def _names(line: dict[str, Any], keys: set[Key]) -> bool:
    """Whether a line names one of the messages, alone or among others."""
    numbers = line.get("message_ids", [line.get("message_id")])
    return any((line.get("channel_id"), number) in keys for number in numbers)


def _output(command: list[str]) -> list[str]:
    """What a program prints, on either stream; nothing when it is not there or fails."""
    if shutil.which(command[0]) is None:
        return []
    try:
        done = subprocess.run(
            command,
            check=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=_SECONDS,
        )
    except (OSError, subprocess.SubprocessError):
        return []
    return done.stdout.decode(errors="replace").split("\n")


def _parsed(texts: Iterable[str]) -> Iterator[dict[str, Any]]:
    for text in texts:
        try:
            line = json.loads(_PRIORITY.sub("", text))
        except ValueError:
            continue  # another program's line
        if isinstance(line, dict):
            yield line
