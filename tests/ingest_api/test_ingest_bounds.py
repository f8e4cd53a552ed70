"""What a request may cost: time, a slot, a place in the queue; and that each is given back."""

from collections.abc import Awaitable, Callable
from typing import NamedTuple

import anyio
import orjson
import pytest
from starlette.types import Message, Receive, Scope

from contracts import problem
from contracts.problem import ProblemType
from contracts.secret import Token
from contracts.telemetry import Telemetry
from contracts.wire import MAX_MESSAGE_BYTES
from ingest_api.ingest import intake
from ingest_api.ingest.coalescer import Coalescer
from ingest_api.ingest.ingest import Counted, Ingest
from ingest_api.ingest.intake import Intake
from ingest_api.ingest.store import Store
from ingest_api.life import Life
from ingest_api.request.answer import ProblemError
from ingest_api.request.gateway_token import GatewayTokens
from tests.ingest_api.messages import body
from tests.ingest_api.tables import exposed
from tests.postgres import TOKEN
from tests.waiting import eventually

SCOPE: Scope = {
    "type": "http",
    "headers": [(b"x-gateway-token", TOKEN.encode()), (b"content-type", b"application/json")],
}


async def whole_body() -> Message:
    """A body that is there at once."""
    return {"type": "http.request", "body": orjson.dumps(body(1))}


async def never(*_: object) -> Message:
    """What does not come."""
    await anyio.sleep_forever()
    raise AssertionError


@pytest.fixture
def one_slot(telemetry: Telemetry) -> Intake:
    """An intake that lets one request at a time in."""
    life = Life()
    life.migrated = True
    tokens = GatewayTokens({"current": Token(TOKEN)})
    return Intake(life, tokens, telemetry, anyio.Semaphore(1))


class Slow(NamedTuple):
    """What takes too long, and what is answered then."""

    receive: Receive
    serve: Callable[..., Awaitable[Message]]
    kind: ProblemType
    closes: bool
    words: str


@pytest.mark.parametrize(
    "slow",
    [
        Slow(
            never,
            whole_body,
            problem.OVERLOADED,
            True,
            "the body did not arrive within 0 s; send it again",
        ),
        Slow(
            whole_body,
            never,
            problem.DATABASE_DOWN,
            False,
            "no answer from the database within 0 s; send again later",
        ),
    ],
    ids=["slow body", "slow database"],
)
async def test_what_takes_too_long_gives_its_slot_back(
    one_slot: Intake, monkeypatch: pytest.MonkeyPatch, slow: Slow
) -> None:
    """503 and when to come again; a connection whose body hangs is of no more use."""
    monkeypatch.setattr(intake, "_REQUEST_SECONDS", 0.05)
    for _ in range(2):
        with pytest.raises(ProblemError, match=slow.words) as caught:
            await one_slot.admit(SCOPE, slow.receive, MAX_MESSAGE_BYTES, slow.serve)
        assert caught.value.kind is slow.kind
        assert caught.value.headers["retry-after"] == "2"
        assert ("connection" in caught.value.headers) == slow.closes
    assert one_slot.slots.value == 1


async def test_a_slot_is_waited_for_a_moment(one_slot: Intake) -> None:
    """A burst is no overload: who comes while another is at work is served after it."""
    at_work, may_end = anyio.Event(), anyio.Event()
    served: list[bytes] = []

    async def slow(sent: bytes) -> None:
        at_work.set()
        await may_end.wait()
        served.append(sent)

    async def admit() -> None:
        await one_slot.admit(SCOPE, whole_body, MAX_MESSAGE_BYTES, slow)

    async with anyio.create_task_group() as requests:
        requests.start_soon(admit)
        await at_work.wait()
        requests.start_soon(admit)
        await eventually(lambda: one_slot.slots.statistics().tasks_waiting == 1)
        may_end.set()
    assert len(served) == 2


async def test_a_full_queue_is_an_overload(
    one_slot: Intake, store: Store, telemetry: Telemetry
) -> None:
    """503 and when to come again, counted; nothing is written."""
    full = Coalescer(store.record, max_waiting=0)
    ingest = Ingest(one_slot, full.submit, one_slot.life, telemetry)

    async def send(_: Message) -> None:
        raise AssertionError("an answer instead of a refusal")

    with pytest.raises(ProblemError, match="wait for the database already") as caught:
        await Counted(ingest.one, telemetry)(SCOPE, whole_body, send)
    assert (caught.value.kind, caught.value.headers["retry-after"]) == (problem.OVERLOADED, "2")
    assert 'api_ingestion_requests_total{status="overloaded"} 1.0' in exposed(telemetry)
    assert one_slot.slots.value == 1
