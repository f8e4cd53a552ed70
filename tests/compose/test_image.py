"""What is in the image of the ingest API, and what is not."""

import json
import re
import subprocess
import tarfile
from datetime import datetime
from pathlib import Path
from typing import IO, Any

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
MODULES = "import json, pkgutil; print(json.dumps(sorted(m.name for m in pkgutil.iter_modules())))"
SBOM = "from importlib.metadata import distribution as d; print(d('tpcapital').read_text('sbom.cdx.json'))"


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


def test_no_secret_of_the_tree_is_in_any_layer(built: Built, tmp_path: Path) -> None:
    """Not in a file, not in the history, not in a variable."""
    saved = tmp_path / "image.tar"
    docker("save", "--output", str(saved), built.image)
    secret, looked_at = built.secret.encode(), 0
    with tarfile.open(saved) as archive:
        (manifest,) = json.loads(_content(archive, "manifest.json").read())
        assert secret not in _content(archive, manifest["Config"]).read()
        for name in manifest["Layers"][len(base_of(built)["RootFS"]["Layers"]) :]:
            looked_at += _assert_absent(secret, _content(archive, name))
    assert looked_at > 1000


def _content(archive: tarfile.TarFile, name: str) -> IO[bytes]:
    found = archive.extractfile(name)
    assert found is not None
    return found


def _assert_absent(secret: bytes, layer: IO[bytes]) -> int:
    """The number of files looked at."""
    count = 0
    with tarfile.open(fileobj=layer) as files:
        for member in files:
            if member.isfile():
                assert secret not in _content(files, member.name).read(), member.name
                count += 1
    return count


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
    locked = set(re.findall(r"^([\w.-]+==[\w.]+)", lock, re.MULTILINE))
    found = {f"{each['name']}=={each['version']}" for each in bill["components"]}
    plain = {name.lower().replace("_", "-") for name in found}
    assert plain <= {name.lower().replace("_", "-") for name in locked}
    assert {"starlette", "psycopg", "hypercorn"} <= {each["name"] for each in bill["components"]}
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
