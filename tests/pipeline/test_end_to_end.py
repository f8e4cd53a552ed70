"""Gateway and API as real processes: the proposal's own scenarios at a hundred times their size."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from contracts.exit_status import ExitStatus
from tests.messages import TOKEN
from tests.pipeline.services import Services, running_services, write_export
from tests.waiting import until

WRONG = "9d2e4b7a6c8f1035" * 2


@pytest.fixture
def services(database: str, tmp_path: Path) -> Iterator[Services]:
    """A running API on a fresh database, and a gateway not yet started."""
    with running_services(database, tmp_path) as found:
        yield found


def test_ten_thousand_messages_arrive_once(services: Services, tmp_path: Path) -> None:
    """Each with its text as it was sent."""
    texts = write_export(tmp_path / "result.json", 10_000)
    services.gateway.replay(tmp_path / "result.json")
    services.gateway.start()
    services.wait_until_delivered(10_000)
    assert services.stored() == texts
    health = services.health()
    assert (health["status"], health["checks"]["outbox"]["observed"]["pending"]) == ("ok", 0)


def test_five_thousand_messages_outlast_an_outage(services: Services, tmp_path: Path) -> None:
    """They wait in the outbox, the gateway says so, and arrive once the API is back."""
    texts = write_export(tmp_path / "result.json", 5_000)
    services.api.kill()
    services.gateway.replay(tmp_path / "result.json")
    services.gateway.start()
    services.wait_until_replayed()
    assert services.states() == {"pending": 5_000}
    health = services.health()
    assert (health["status"], health["checks"]["relay"]["status"]) == ("degraded", "warn")
    assert "the API is not reachable" in health["error"]
    services.api.start()
    services.wait_until_delivered(5_000)
    assert services.stored() == texts
    until(lambda: services.health()["status"] == "ok")


def test_an_outage_in_the_middle_costs_nothing(services: Services, tmp_path: Path) -> None:
    """The API is killed while it stores, and comes back."""
    texts = write_export(tmp_path / "result.json", 2_000)
    services.gateway.replay(tmp_path / "result.json", 4_000)
    services.gateway.start()
    until(lambda: services.states().get("delivered", 0) > 300)
    services.api.kill()
    until(lambda: services.health()["checks"]["relay"]["status"] == "warn")
    services.api.start()
    services.wait_until_delivered(2_000)
    assert services.stored() == texts


def test_the_same_messages_again_are_stored_once(services: Services, tmp_path: Path) -> None:
    """The outbox knows them; and when it is lost, the database does."""
    texts = write_export(tmp_path / "result.json", 1_000)
    services.gateway.replay(tmp_path / "result.json")
    services.gateway.start()
    services.wait_until_delivered(1_000)
    services.gateway.signal(signal.SIGTERM)
    assert services.gateway.wait() == ExitStatus.OK
    services.gateway.start()
    services.wait_until_replayed()
    assert services.states() == {"delivered": 1_000}
    services.gateway.kill()
    for part in tmp_path.glob("outbox.sqlite3*"):
        part.unlink()
    services.gateway.start()
    services.wait_until_delivered(1_000)
    assert services.stored() == texts


def test_a_wrong_token_is_put_right_without_a_restart(database: str, tmp_path: Path) -> None:
    """Nothing is stored and nothing is lost meanwhile."""
    token = tmp_path / "token"
    token.write_text(WRONG)
    texts = write_export(tmp_path / "result.json", 1_000)
    with running_services(
        database, tmp_path, API_SECRET_TOKEN_FILE=str(token), API_SECRET_TOKEN=""
    ) as services:
        services.gateway.replay(tmp_path / "result.json")
        services.gateway.start()
        services.wait_until_replayed()
        until(lambda: "API_SECRET_TOKEN differs" in str(services.health()["error"]))
        assert services.states() == {"pending": 1_000}
        assert services.stored() == {}
        before = services.gateway.pid
        token.write_text(TOKEN)
        services.wait_until_delivered(1_000)
        assert services.stored() == texts
        assert (services.gateway.pid, services.gateway.has_ended) == (before, False)
