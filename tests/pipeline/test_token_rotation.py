"""The shared token is replaced under traffic: nothing is lost, and the steps keep their order."""

import json
import shlex
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ops.cli import main
from tests.beside import beside
from tests.messages import TOKEN
from tests.pipeline.services import Services, running_services, write_export
from tests.waiting import until

OLD = TOKEN
REVOKED = "0c9d2e4b7a6c8f1035f3a9c1e07b5d42"


class Rig:
    """Both services on token files in a folder, and the command that rotates them."""

    def __init__(self, services: Services, folder: Path) -> None:
        self.services = services
        self.folder = folder
        self.accepted = folder / "gateway_secret_token"
        self.previous = folder / "gateway_secret_token_previous"
        self.sent = folder / "api_secret_token"

    def rotate(self, *options: str) -> Result:
        """`tpcapital token rotate`."""
        places = ["--api-dir", str(self.folder), "--gateway-dir", str(self.folder)]
        api = ["--api", self.services.api.url, "--quiet", "0.5"]
        return CliRunner().invoke(main, ["token", "rotate", *places, *api, *options])

    def restart_api(self) -> None:
        """Without a farewell, as the worst supervisor would."""
        self.services.api.kill()
        self.services.api.start()
        self.services.api.wait_until_ready()

    @contextmanager
    def supervisor(self) -> Iterator[str]:
        """A command that restarts the API."""
        asked = self.folder / "restart"

        def watch(ended: threading.Event) -> None:
            while not ended.wait(0.02):
                if asked.exists():
                    asked.unlink()
                    self.restart_api()

        with beside(watch):
            yield shlex.join(["touch", str(asked)])


@pytest.fixture
def rig(database: str, tmp_path: Path) -> Iterator[Rig]:
    """A running API; the gateway is started by the test. Both read their tokens from files."""
    folder = tmp_path / "credentials"
    folder.mkdir(mode=0o700)
    for name in ("gateway_secret_token", "api_secret_token"):
        (folder / name).write_text(f"{OLD}\n")
        (folder / name).chmod(0o600)
    api = {
        "GATEWAY_SECRET_TOKEN": "",
        "GATEWAY_SECRET_TOKEN_FILE": str(folder / "gateway_secret_token"),
        "GATEWAY_SECRET_TOKEN_PREVIOUS_FILE": str(folder / "gateway_secret_token_previous"),
    }
    (folder / "gateway_secret_token_previous").touch(0o600)
    gateway = {"API_SECRET_TOKEN": "", "API_SECRET_TOKEN_FILE": str(folder / "api_secret_token")}
    gateway["CANARY_SECONDS"] = "0.2"  # a gateway that hears nothing shows its token by it
    with running_services(database, tmp_path, api, **gateway) as services:
        yield Rig(services, folder)


def test_a_rotation_under_traffic_loses_nothing(rig: Rig, tmp_path: Path) -> None:
    """One command from the old token to the new one, while messages come and the API restarts."""
    services = rig.services
    texts = write_export(tmp_path / "result.json", 900)
    services.gateway.replay(tmp_path / "result.json", 150)
    services.gateway.start()
    until(lambda: services.states().get("delivered", 0) > 50)
    with rig.supervisor() as restart:
        result = rig.rotate("--restart-api", restart)
    assert result.exit_code == 0, result.output
    assert "finished: only the new token is accepted" in result.output
    new = rig.accepted.read_text().strip()
    assert (new != OLD, rig.sent.read_text().strip(), rig.previous.read_text()) == (True, new, "")
    assert new not in result.output
    assert OLD not in result.output
    assert {file.stat().st_mode & 0o777 for file in rig.folder.iterdir()} == {0o600}
    services.wait_until_delivered(900)
    assert services.stored() == texts


def test_each_step_waits_for_its_turn(rig: Rig) -> None:
    """Without commands it stops at each restart, and never goes on before the restart was done."""
    rig.services.gateway.start()
    assert "restart the API" in json.loads(rig.rotate("--plan", "--json").stdout)["steps"][1]
    begun = rig.rotate()
    assert "next: restart the API, so that it accepts the new token too" in begun.output
    assert (rig.previous.read_text().strip(), rig.sent.read_text().strip()) == (OLD, OLD)
    assert "next: restart the API" in rig.rotate("--resume").output
    assert rig.sent.read_text().strip() == OLD
    rig.restart_api()
    dropped = rig.rotate("--resume")
    assert "done: take the old token out" in dropped.output, dropped.output
    assert "next: restart the API, so that it refuses the old token" in dropped.output
    assert json.loads(rig.rotate("--plan", "--json").stdout)["under_way"] is True
    rig.restart_api()
    assert rig.rotate("--resume").output == "no rotation is under way\n"


def test_a_revoked_token_holds_the_relay_and_loses_nothing(rig: Rig, tmp_path: Path) -> None:
    """Every message waits, the gateway says why; the right token delivers them."""
    services = rig.services
    texts = write_export(tmp_path / "result.json", 200)
    rig.accepted.write_text(f"{REVOKED}\n")
    rig.restart_api()
    services.gateway.replay(tmp_path / "result.json")
    services.gateway.start()
    services.wait_until_replayed()
    until(lambda: services.health()["checks"]["relay"]["observed"]["state"] == "held")
    assert services.states() == {"pending": 200}
    result = rig.rotate()
    assert "done: write the new token to the gateway's file" in result.output, result.output
    services.wait_until_delivered(200)
    assert services.stored() == texts


def test_an_api_that_runs_with_another_token_is_left_alone(rig: Rig) -> None:
    """What the files say is not what it accepts: nothing may be changed on such ground."""
    for file in (rig.accepted, rig.sent):
        file.write_text(f"{REVOKED}\n")
    result = rig.rotate()
    assert result.exit_code == 1
    assert "it runs with another one" in result.output
    assert rig.accepted.read_text() == f"{REVOKED}\n"


def test_a_new_token_is_fit(rig: Rig) -> None:
    """64 hexadecimal digits, another each time; a missing folder or API is named."""
    first, second = (CliRunner().invoke(main, ["token", "new"]).output for _ in range(2))
    assert (len(first.strip()), first != second) == (64, True)
    rig.services.api.kill()
    result = rig.rotate()
    assert (result.exit_code, "does not answer" in result.output) == (1, True)
