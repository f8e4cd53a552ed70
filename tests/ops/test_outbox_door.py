"""Changes through a gateway that really runs, and what is said when it does not answer."""

import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from contracts.message import Message
from contracts.wire import encode
from gateway_outbox.outbox import outbox_lock
from ops.gateway_client import DoorError
from ops.outbox import outbox_door
from ops.outbox.outbox_door import open_door
from tests.messages import message
from tests.ops.conftest import Command
from tests.running_gateway import GatewayProcess, gateway_process


@pytest.fixture
def gateway(outbox_path: Path) -> Iterator[GatewayProcess]:
    """A gateway on the outbox of five rows; its API is not there."""
    with gateway_process(outbox_path) as running:
        yield running


@pytest.mark.usefixtures("gateway")
@pytest.mark.parametrize(
    "line", ["status", "ls", "show 2", "verify", "export", "retry --all", "vacuum"]
)
def test_every_command_works_beside_a_running_gateway(command: Command, line: str) -> None:
    """Status 0 and no word of a lock."""
    result = command("outbox", *line.split())
    assert (result.exit_code, result.stderr) == (0, "")


def test_status_tells_the_gateway_s_trouble(command: Command, gateway: GatewayProcess) -> None:
    """Its pid and port, its relay's state, and the reason in its own words."""
    gateway.wait_for("relay.trouble")
    found = json.loads(command("outbox", "status", "--json").stdout)
    assert found["gateway"]["pid"] == gateway.pid
    assert found["gateway"]["port"] == gateway.port
    assert (found["gateway"]["relay"], found["delayed"]) == ("retrying", 3)
    assert (
        "the API is not reachable; start it or correct API_ENDPOINT"
        in (found["gateway"]["trouble"])
    )


@pytest.mark.usefixtures("gateway")
def test_the_gateway_discards_and_retries(command: Command) -> None:
    """The change is committed when the command returns."""
    assert command("outbox", "discard", "4", "--reason", "test").exit_code == 0
    assert "\nreason\ttest\n" in command("outbox", "show", "4").stdout
    assert command("outbox", "retry", "4", "2").exit_code == 0
    rows = json.loads(command("outbox", "ls", "--state", "pending", "--json").stdout)
    assert [row["seq"] for row in rows] == [5, 4, 3, 2]


def test_a_killed_gateway_leaves_no_lock_behind(command: Command, gateway: GatewayProcess) -> None:
    """After kill -9 the command takes the outbox itself."""
    gateway.stop(signal.SIGKILL)
    assert command("outbox", "retry", "--all").exit_code == 0
    assert command("outbox", "verify").exit_code == 0


async def test_an_append_larger_than_a_body_is_sent_in_parts(
    gateway: GatewayProcess, outbox_path: Path
) -> None:
    """500 of the largest messages are more than one request can hold."""
    batch = [message(n, "\x01" * 16_000, channel=-1009) for n in range(1, 501)]
    async with open_door(outbox_path) as door:
        assert await door.append(batch, "import") == (500, 0)
        assert await door.append([*batch[:2], message(501, channel=-1009)], "import") == (1, 2)
    assert gateway.process.poll() is None


def test_messages_are_parted_by_bytes() -> None:
    """No part is over its size; none is lost, and the order stays."""
    batch: list[Message] = [message(n, "\x01" * 16_000) for n in range(1, 21)]
    parts = list(outbox_door._chunks(batch))
    assert [len(part) for part in parts] == [5, 5, 5, 5]
    assert b"".join(body for part in parts for body in part) == b"".join(map(encode, batch))
    assert max(sum(map(len, part)) for part in parts) <= outbox_door._CHUNK_BYTES
    assert list(outbox_door._chunks([])) == []


async def test_a_token_of_another_life_is_refused(
    gateway: GatewayProcess, outbox_path: Path
) -> None:
    """The sentence names the request and the reason."""
    known = outbox_lock.holder_of(outbox_path)
    assert known is not None
    outbox_lock.lock_path(outbox_path).write_text(
        f'{{"pid":{gateway.pid},"port":{gateway.port},"control_token":"{"0" * 64}"}}'
    )
    async with open_door(outbox_path) as door:
        with pytest.raises(DoorError, match=r"/outbox/vacuum answered 401: X-Control-Token is not"):
            await door.vacuum()


async def test_a_gateway_that_does_not_answer_is_one_sentence(outbox_path: Path) -> None:
    """Its pid, the address, and that doing it again is safe."""
    with outbox_lock.hold(outbox_path) as holder:
        outbox_lock.announce(outbox_path, holder, 1)
        async with open_door(outbox_path) as door:
            with pytest.raises(DoorError, match=r"did not answer POST http://127.0.0.1:1/outbox"):
                await door.retry(None)


def test_status_of_a_gateway_that_does_not_answer(command: Command, outbox_path: Path) -> None:
    """It says so and still shows the file."""
    with outbox_lock.hold(outbox_path) as holder:
        outbox_lock.announce(outbox_path, holder, 1)
        found = json.loads(command("outbox", "status", "--json").stdout)
    assert found["states"]["pending"] == 3
    assert "no answer from http://127.0.0.1:1/health" in found["gateway"]["trouble"]
