"""What is in the image of the ingest API, and what is not."""

import gzip
import json
import re
import subprocess
import tarfile
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import orjson
import pytest

from contracts.exit_status import ExitStatus
from tests.compose.conftest import Built, build
from tests.compose.engine import ROOT, docker, inspect
from tests.messages import TOKEN
from tests.waiting import until

pytestmark = pytest.mark.long

MOST_ADDED_BYTES = 70_000_000
BASE_LABEL = "org.opencontainers.image.base.name"
PIN = re.compile(r"^([\w.-]+==[\w.]+)", re.MULTILINE)
MODULES = "import json, pkgutil; print(json.dumps(sorted(m.name for m in pkgutil.iter_modules())))"
SBOM = (
    "from importlib.metadata import distribution as d;"
    " print(d('tpcapital').read_text('sbom.cdx.json'))"
)


def run(built: Built, code: str) -> str:
    """What Python in the image prints."""
    return docker("run", "--rm", "--entrypoint", "python", built.image, "-c", code)


def base_of(built: Built) -> dict[str, Any]:
    """The image that ours is made from."""
    return inspect(inspect(built.image)["Config"]["Labels"][BASE_LABEL])


def test_little_is_added_to_the_base(built: Built) -> None:
    """Less than 70 MB, in one layer."""
    image, base = inspect(built.image), base_of(built)
    added = image["Size"] - base["Size"]
    print(f"added to the base: {added / 1e6:.1f} MB")
    assert 0 < added < MOST_ADDED_BYTES
    layers = image["RootFS"]["Layers"]
    assert layers[:-1] == base["RootFS"]["Layers"]


def test_it_holds_no_telegram_library(built: Built) -> None:
    """Neither a library, nor the gateway, nor the tools."""
    modules = set(json.loads(run(built, MODULES)))
    assert {"ingest_api", "contracts", "starlette"} <= modules
    assert modules & {"telethon", "aiogram", "gateway_outbox", "ops", "pip", "tests"} == set()


def test_no_secret_of_the_tree_is_in_any_layer(built: Built) -> None:
    """Not in a file, not in the history, not in a variable."""
    secret, ours = built.secret.encode(), 0
    for content in _parts(built.image):
        assert secret not in content
        ours += b"ingest_api/service.py" in content
    assert ours


def _parts(image: str) -> Iterator[bytes]:
    """Each layer and each document that the saved image consists of."""
    with subprocess.Popen(["docker", "save", image], stdout=subprocess.PIPE) as saving:
        with tarfile.open(fileobj=saving.stdout, mode="r|") as archive:
            for member in archive:
                if part := archive.extractfile(member):
                    content = part.read()
                    yield gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content
        assert saving.wait() == 0


def test_two_builds_have_the_same_layers(built: Built) -> None:
    """From nothing, with every package installed again."""
    again = build(built.tree, "test-again", "--no-cache")
    assert inspect(again)["RootFS"] == inspect(built.image)["RootFS"]
    docker("image", "rm", "--no-prune", again)


def test_it_says_what_it_is(built: Built) -> None:
    """A user without a name, no shell for the test of its health, labels."""
    config = inspect(built.image)["Config"]
    assert re.fullmatch(r"[1-9]\d{3,}:[1-9]\d{3,}", config["User"])
    assert config["Healthcheck"]["Test"][0] == "CMD"
    labels = {key.rpartition(".")[2]: value for key, value in config["Labels"].items()}
    assert (labels["version"], labels["revision"]) == ("test", "a1b2c3")


def test_its_bill_of_materials_lists_what_the_lock_holds(built: Built) -> None:
    """Every package with its version and licence."""
    bill = json.loads(run(built, SBOM))
    lock = (ROOT / "requirements" / "api.txt").read_text(encoding="utf-8")
    locked = {f"pkg:pypi/{pin.replace('==', '@')}" for pin in PIN.findall(lock)}
    found = {each["purl"] for each in bill["components"]}
    assert found - locked == set()
    # the lock also holds what other systems or Pythons need
    assert len(found) > len(locked) * 3 / 4
    assert [each["name"] for each in bill["components"] if not each.get("licenses")] == []
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.5")


def test_it_starts_within_two_seconds(built: Built) -> None:
    """On a read-only root, also without its database."""
    variables = {"GATEWAY_SECRET_TOKEN": TOKEN, "TIMESCALEDB_URL": "postgresql://x@127.0.0.1:1/x"}
    given = [option for pair in variables.items() for option in ("--env", "=".join(pair))]
    name = docker("run", "--detach", "--read-only", "--cap-drop", "ALL", *given, built.image)[:12]
    try:
        until(lambda: "service.ready" in _log(name))
        (ready,) = [line for line in _log(name).splitlines() if "service.ready" in line]
        started = datetime.fromisoformat(inspect(name)["State"]["StartedAt"][:26] + "+00:00")
        seconds = (datetime.fromisoformat(orjson.loads(ready)["time"]) - started).total_seconds()
        print(f"from start to listening: {seconds:.2f} s")
        assert seconds < 2
        health = ["docker", "exec", name, "python", "-m", "ingest_api.healthcheck"]
        told = subprocess.run(health, capture_output=True, text=True, check=False)
        assert (told.returncode, "not migrated yet" in told.stdout) == (1, True)
    finally:
        docker("rm", "--force", name)


def _log(name: str) -> str:
    command = ["docker", "logs", name]
    return subprocess.run(command, capture_output=True, text=True, check=True).stderr


def test_settings_that_are_missing_end_it_with_their_status(built: Built) -> None:
    """All of them are named at once."""
    command = ["docker", "run", "--rm", built.image]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == ExitStatus.CONFIG
    assert "GATEWAY_SECRET_TOKEN" in done.stderr
