"""The coalescer: shared transactions, own results, and nobody's trouble is a neighbour's."""

from collections.abc import Sequence

import anyio
import pytest

from ingest_api.errors import DatabaseUnavailableError, OverloadedError, RejectedError
from ingest_api.ingest.coalescer import Coalescer
from ingest_api.ingest.delivery import Delivery
from ingest_api.ingest.ledger import Recorded
from ingest_api.ingest.store import Result, Store
from tests.ingest_api.messages import CHATTER, delivery
from tests.ingest_api.tables import stored


class Gate:
    """A store that waits to be let through, and keeps what each transaction held."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.batches: list[list[int]] = []
        self.entered = anyio.Event()
        self.open = anyio.Event()

    async def record(self, deliveries: Sequence[Delivery]) -> list[Result]:
        """Record once the gate is open."""
        self.batches.append([each.key.message_id for each in deliveries])
        self.entered.set()
        await self.open.wait()
        return await self._store.record(deliveries)


async def test_requests_that_come_while_one_commits_share_the_next(store: Store) -> None:
    """One transaction for the first, one for the ten that gathered, each with its own result."""
    gate = Gate(store)
    coalescer = Coalescer(gate.record, flushers=1)
    results: dict[int, list[Result]] = {}

    async def submit(number: int) -> None:
        results[number] = await coalescer.submit([delivery(number, CHATTER)])

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(coalescer.run)
        async with anyio.create_task_group() as requests:
            requests.start_soon(submit, 1)
            await gate.entered.wait()
            for number in range(2, 12):
                requests.start_soon(submit, number)
            await anyio.wait_all_tasks_blocked()
            gate.open.set()
        tasks.cancel_scope.cancel()
    assert gate.batches == [[1], list(range(2, 12))]
    created = [Recorded("created", stored=True, revision=1)]
    assert results == dict.fromkeys(range(1, 12), created)


async def test_an_answer_comes_after_the_commit(database: str, store: Store) -> None:
    """When `submit` returns, another connection sees the row."""
    coalescer = Coalescer(store.record)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(coalescer.run)
        await coalescer.submit([delivery(1)])
        assert len(stored(database)["messages"]) == 1
        tasks.cancel_scope.cancel()


async def test_one_poison_leaves_its_neighbours_alone(store: Store) -> None:
    """Of requests in one transaction only the refused one hears of it."""
    gate = Gate(store)
    coalescer = Coalescer(gate.record, flushers=1)
    poison = delivery(3, CHATTER)
    poison.row["text"] = None
    results: list[Result] = []

    async def submit(one: Delivery) -> None:
        results.extend(await coalescer.submit([one]))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(coalescer.run)
        async with anyio.create_task_group() as requests:
            for one in (delivery(1, CHATTER), delivery(2, CHATTER), poison, delivery(4, CHATTER)):
                requests.start_soon(submit, one)
            gate.open.set()
        tasks.cancel_scope.cancel()
    assert [isinstance(result, RejectedError) for result in results] == [False, False, True, False]


async def test_a_client_that_goes_leaves_the_others_alone(database: str, store: Store) -> None:
    """A cancelled request is written like its neighbours, who get their own results."""
    gate = Gate(store)
    coalescer = Coalescer(gate.record, flushers=1)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(coalescer.run)
        async with anyio.create_task_group() as requests:
            requests.start_soon(coalescer.submit, [delivery(1)])
            await gate.entered.wait()
            with anyio.move_on_after(0.01):
                await coalescer.submit([delivery(2)])
            requests.start_soon(coalescer.submit, [delivery(3)])
            await anyio.wait_all_tasks_blocked()
            gate.open.set()
        tasks.cancel_scope.cancel()
    assert [row["message_id"] for row in stored(database)["messages"]] == [1, 2, 3]


async def test_what_is_cut_off_by_the_end_may_be_sent_again(store: Store) -> None:
    """Nobody knows whether it was committed; sent again it does no harm."""
    gate = Gate(store)
    coalescer = Coalescer(gate.record, flushers=1)

    async def submit() -> None:
        with pytest.raises(DatabaseUnavailableError, match="the service is stopping; send again"):
            await coalescer.submit([delivery(1)])

    async with anyio.create_task_group() as requests:
        requests.start_soon(submit)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(coalescer.run)
            await gate.entered.wait()
            tasks.cancel_scope.cancel()


async def test_a_full_queue_refuses(store: Store) -> None:
    """Beyond the bound a request is refused at once, and later ones are served again."""
    gate = Gate(store)
    coalescer = Coalescer(gate.record, flushers=1, max_waiting=2)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(coalescer.run)
        async with anyio.create_task_group() as requests:
            requests.start_soon(coalescer.submit, [delivery(1)])
            await gate.entered.wait()
            requests.start_soon(coalescer.submit, [delivery(2), delivery(3)])
            await anyio.wait_all_tasks_blocked()
            words = "2 messages wait for the database already; send again later"
            with pytest.raises(OverloadedError, match=words):
                await coalescer.submit([delivery(4)])
            gate.open.set()
        await coalescer.submit([delivery(5)])
        tasks.cancel_scope.cancel()


async def test_a_transaction_holds_500_messages_at_most(store: Store) -> None:
    """Batches are not split, and not joined beyond the limit."""
    gate = Gate(store)
    coalescer = Coalescer(gate.record, flushers=1)
    gate.open.set()
    batches = [
        [delivery(number, CHATTER) for number in range(start, start + 300)]
        for start in (1, 301, 601)
    ]
    async with anyio.create_task_group() as tasks:
        async with anyio.create_task_group() as requests:
            for batch in batches:
                requests.start_soon(coalescer.submit, batch)
            await anyio.wait_all_tasks_blocked()
            tasks.start_soon(coalescer.run)
        tasks.cancel_scope.cancel()
    assert [len(batch) for batch in gate.batches] == [300, 300, 300]


async def test_the_stores_error_is_each_waiting_requests_own() -> None:
    """An error that explains nothing reaches every request of that transaction, and no more."""

    async def fail(_deliveries: Sequence[Delivery]) -> list[Result]:
        raise ZeroDivisionError

    coalescer = Coalescer(fail)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(coalescer.run)
        for _ in range(2):
            with pytest.raises(ZeroDivisionError):
                await coalescer.submit([delivery(1)])
        tasks.cancel_scope.cancel()


async def test_a_stop_in_the_middle_answers_that_it_may_be_sent_again(store: Store) -> None:
    """When the flushers end, a waiting request is told so, not left alone."""
    gate = Gate(store)
    coalescer = Coalescer(gate.record, flushers=1)
    told: list[Exception] = []

    async def submit() -> None:
        try:
            await coalescer.submit([delivery(1)])
        except DatabaseUnavailableError as error:
            told.append(error)

    async with anyio.create_task_group() as requests, anyio.create_task_group() as tasks:
        tasks.start_soon(coalescer.run)
        requests.start_soon(submit)
        await gate.entered.wait()
        tasks.cancel_scope.cancel()
    assert len(told) == 1
