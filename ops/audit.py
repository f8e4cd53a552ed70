"""Whether a version that we lock has a known vulnerability, by the database at osv.dev.

`python -m ops.audit` ends with 0 where none has, 1 where one has, and 69 where nobody could be
asked, which is not an answer.
"""

import http.client
import json
import re
import sys
import urllib.request
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

INDEX = "https://api.osv.dev/v1/querybatch"
UNAVAILABLE = 69
_SECONDS = 60
_LOCKED = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)==([^\s;\\]+)", re.MULTILINE)
_LOCKS = Path(__file__).resolve().parent.parent / "requirements"


class Package(NamedTuple):
    """A version that a lock names."""

    name: str
    version: str


def locked(folder: Path = _LOCKS) -> list[Package]:
    """Every version of every lock, once."""
    texts = (path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.txt")))
    return sorted({Package(*found) for text in texts for found in _LOCKED.findall(text)})


def known(packages: Iterable[Package], index: str = INDEX) -> Mapping[Package, list[str]]:
    """The vulnerabilities of those that have any, by their numbers.

    Raises OSError, http.client.HTTPException or ValueError when there is no answer.
    """
    asked = list(packages)
    queries = [
        {"package": {"name": each.name, "ecosystem": "PyPI"}, "version": each.version}
        for each in asked
    ]
    request = urllib.request.Request(  # noqa: S310  # the index is ours to choose
        index, json.dumps({"queries": queries}).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310  # as above
        results = json.load(answer)["results"]
    if len(results) != len(asked):
        raise ValueError(f"{len(results)} answers to {len(asked)} questions")
    return {
        package: sorted(each["id"] for each in result["vulns"])
        for package, result in zip(asked, results, strict=True)
        if result.get("vulns")
    }


def main(index: str = INDEX) -> int:
    """Print what is known; the exit status."""
    packages = locked()
    try:
        found = known(packages, index)
    except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError) as error:
        print(f"nothing was checked: {index} does not answer ({error})", file=sys.stderr)
        return UNAVAILABLE
    for package, numbers in found.items():
        print(f"{package.name} {package.version}: {', '.join(numbers)}")
    print(f"{len(packages)} locked versions, {len(found)} with known vulnerabilities")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
