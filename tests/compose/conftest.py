"""One image and one running project for the whole session."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from secrets import token_hex
from typing import NamedTuple

import pytest

from tests.compose.engine import ROOT, docker, missing
from tests.compose.stack import IMAGE_TAG, Stack

# Where a person keeps secrets in a clone; none of it may get into the image.
_SECRET_PLACES = (
    ".env",
    "compose/.env",
    "compose/secrets/gateway_token",
    "ingest_api/.env",
    ".session/gateway.session",
    "data/outbox.sqlite3",
    "channels.toml",
)


class Built(NamedTuple):
    """The image's name, what it was built in, and the secret that lay there in many places."""

    image: str
    tree: Path
    secret: str


@pytest.fixture(scope="session")
def engine() -> None:
    """Skips where there is no engine with compose; `just test-compose` fails instead."""
    if why := missing():
        (pytest.fail if "TPCAPITAL_NEEDS_ENGINE" in os.environ else pytest.skip)(why)


@pytest.fixture(scope="session")
def built(engine: None, tmp_path_factory: pytest.TempPathFactory) -> Built:  # noqa: ARG001  # its skip
    """The image, built from a copy of this tree with secrets in it."""
    tree, secret = tmp_path_factory.mktemp("tree"), token_hex(32)
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for name in filter(None, names.split("\0")):
        if (ROOT / name).is_file():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, tree / name)
    for name in _SECRET_PLACES:
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(f"API_SECRET_TOKEN={secret}\n")
    return Built(build(tree, IMAGE_TAG), tree, secret)


def build(tree: Path, tag: str, *options: str) -> str:
    """Build the image in a tree; returns its name."""
    file = str(tree / "compose" / "compose.yaml")
    environ = {**os.environ, "TPCAPITAL_VERSION": tag, "TPCAPITAL_REVISION": "a1b2c3"}
    docker("compose", "-f", file, "build", "--quiet", *options, "api", environ=environ)
    return f"tpcapital/ingest-api:{tag}"


@pytest.fixture(scope="session")
def stack(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:  # noqa: ARG001  # its image
    """The project, started with one command and healthy; removed with its volumes afterwards."""
    found = Stack(tmp_path_factory.mktemp("stack"), f"tpcapital-test-{os.getpid()}")
    try:
        found.up()
        yield found
    finally:
        found.down("--volumes")
