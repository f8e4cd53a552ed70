"""Outbox, relay, API and store under every order of events and faults that chance finds."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from contracts.message import MAX_TEXT_BYTES, Message, Origin, text_digest
from tests.pipeline.example import Example
from tests.pipeline.faults import FAULTS, SOMETIMES
from tests.pipeline.later import SENT, TRACE, deletion_of, edited_as
from tests.pipeline.stored import channels_of
from tests.pipeline.texts import chatter, signals, texts
from tests.pipeline.world import World, running_world
from tests.postgres import TestDatabases
from tests.proxy import dropped, status

POISON = "veneno"
picks = st.integers(0, 2**16)


class Pipeline(RuleBasedStateMachine):
    """Rules append, edit, break and mend; whatever happened, settling finds all as foretold."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world
        self.messages: list[Message] = []
        self.number = 0
        world.heal()

    @initialize(patience=st.sampled_from([0.5, 3.0]))
    def start(self, patience: float) -> None:
        """Below and above the API's own patience with its database."""
        self.example = Example(self.world, patience)

    @rule(some=st.lists(texts(), min_size=1, max_size=4))
    def receive(self, some: list[str]) -> None:
        """New messages, committed together."""
        self.append(*(self.message(text) for text in some))

    @precondition(lambda self: self.messages)
    @rule(pick=picks)
    def receive_again(self, pick: int) -> None:
        """What came before, byte for byte."""
        self.append(self.picked(pick))

    @precondition(lambda self: self.messages)
    @rule(pick=picks, edits=st.lists(st.tuples(st.integers(1, 3), texts()), min_size=2, max_size=4))
    def edit(self, pick: int, edits: list[tuple[int, str]]) -> None:
        """Other texts: in order, out of order, and several within one of Telegram's seconds."""
        message = self.picked(pick)
        start = message.edited_at or message.timestamp
        for seconds, text in edits:
            self.append(edited_as(message, text, start + timedelta(seconds=seconds)))
        for (one, text), (other, later) in pairwise(edits):
            differ = text_digest(text) != text_digest(later)
            self.world.sometimes["same second edit"] += one == other and differ
            self.world.sometimes["older edit after newer"] += one > other and differ

    @rule(signal=signals(), text=chatter, and_back=st.booleans())
    def turn_a_signal_into_text(self, signal: str, text: str, *, and_back: bool) -> None:
        """A signal that its author takes back, and perhaps gives again."""
        message = self.message(signal)
        self.append(message)
        self.append(edited_as(message, text, message.timestamp + timedelta(seconds=5)))
        if and_back:
            self.append(edited_as(message, signal, message.timestamp + timedelta(seconds=9)))

    @precondition(lambda self: self.messages)
    @rule(pick=picks, seconds=st.integers(1, 3))
    def delete(self, pick: int, seconds: int) -> None:
        """A message, perhaps deleted before; what edits of it still come changes no deletion."""
        self.example.append(deletion_of(self.picked(pick), seconds))

    @rule(signal=signals(), seconds=st.integers(1, 3), is_seen=st.booleans())
    def delete_first(self, signal: str, seconds: int, *, is_seen: bool) -> None:
        """The deletion is noticed before the message, which may never come."""
        message = self.message(signal)
        self.example.append(deletion_of(message, seconds))
        if is_seen:
            self.append(message)
            self.world.sometimes["deletion before its message"] += 1

    @precondition(lambda self: self.messages)
    @rule(pick=picks)
    def copy(self, pick: int) -> None:
        """The same message forwarded into another channel: one message with its original."""
        message = self.picked(pick)
        origin = Origin(
            channel_id=message.key.channel_id,
            message_id=message.key.message_id,
            timestamp=message.sent_at,
        )
        copied = self.message(message.text, channel=self.example.channel + 1, origin=origin)
        self.append(copied)
        self.world.sometimes["copy"] += 1

    @rule()
    def receive_what_the_api_refuses(self) -> None:
        """A text longer than the contract allows becomes a dead letter, alone."""
        self.example.append(self.message("x" * (MAX_TEXT_BYTES + 1)), refused=True)

    @rule(names=st.permutations(sorted(FAULTS)))
    def requests_fail(self, names: list[str]) -> None:
        """Four faults in turn; the last one stays. The API behind them has its database."""
        self.world.call(self.world.database.open)
        for name in names[:4]:
            self.world.fail_requests(FAULTS[name])
            self.append(self.message("espera"))
            self.example.see(name, 1)

    @rule(codes=st.permutations([401, 404]))
    def the_gateway_is_misconfigured(self, codes: list[int]) -> None:
        """A wrong token or address is no fault of any row: nothing changes its state."""
        for code in codes:
            self.world.fail_requests(status(code))
            self.append(self.message("espera"))
            self.example.see(str(code), 6)  # more than lanes: what was under way has ended
            before = self.example.rows
            self.example.see(str(code), 6)
            assert self.example.rows == before

    @precondition(lambda self: self.world.http.is_open)
    @rule()
    def the_api_is_down(self) -> None:
        """Connections are refused."""
        self.world.call(self.world.http.close)
        self.append(self.message("espera"))
        relay = self.example.gateway.relay
        self.world.until(lambda: relay.trouble is not None and relay.trouble.reason == "connect")
        self.world.sometimes["API down"] += 1

    @rule(refused=st.booleans())
    def the_database_fails(self, *, refused: bool) -> None:
        """The API lives; its connections break, and new ones may be refused."""
        self.world.heal()
        self.world.call(self.world.database.close)
        self.append(self.message("espera"))
        if refused:
            self.world.until(lambda: self.example.gateway.relay.trouble is not None)
        else:
            self.world.call(self.world.database.open)
        self.world.sometimes["database refused" if refused else "database cut"] += 1

    @precondition(lambda self: not self.world.http.poison)
    @rule()
    def a_row_breaks_the_api(self) -> None:
        """Its neighbours prove the API well: it is buried. When that is mended it can be sent."""
        self.world.heal()
        self.world.http.poison = POISON.encode()
        outbox = self.example.gateway.outbox
        before = outbox.dead_letters
        self.append(self.message(POISON), *(self.message("são") for _ in range(6)))
        self.world.until(lambda: outbox.dead_letters > before)
        self.world.sometimes["poison buried"] += 1

    @rule()
    def mend(self) -> None:
        """Every fault ends."""
        self.world.heal()

    @rule()
    def let_run(self) -> None:
        """Time passes."""
        self.example.let_run()

    @rule(orderly=st.booleans())
    def the_gateway_restarts(self, *, orderly: bool) -> None:
        """After a stop, or after a crash that leaves the files as they are this moment."""
        if orderly:
            self.example.restart()
        else:
            self.example.crash()

    @precondition(lambda self: self.messages)
    @rule(pick=picks, acts=st.permutations(["retry", "discard", "purge"]))
    def an_operator_acts(self, pick: int, acts: list[str]) -> None:
        """Dead letters are sent again, a late row is given up, what is settled is forgotten."""
        for act in acts:
            if act == "retry":
                self.example.retry()
            elif act == "purge":
                self.example.purge()
            else:
                self.world.fail_requests(dropped)
                self.append(self.message("tarde demais"))
                # the late row, which cannot have got through; or also the one before, which may
                for seq in sorted(self.example.account.acked)[-1 - pick % 2 :]:
                    self.example.discard(seq)

    @rule()
    def settle(self) -> None:
        """All faults end, all is delivered, all is as foretold."""
        self.example.settle()

    def teardown(self) -> None:
        """Every example ends settled."""
        try:
            self.example.settle()
        finally:
            self.example.close()

    def append(self, *messages: Message) -> None:
        """Append and remember."""
        self.example.append(*messages)
        self.messages += messages

    def picked(self, pick: int) -> Message:
        """One of the messages so far."""
        return self.messages[pick % len(self.messages)]

    def message(
        self, text: str, *, channel: int | None = None, origin: Origin | None = None
    ) -> Message:
        """The next message of the example's channel."""
        self.number += 1
        return Message(
            channel_id=channel or self.example.channel,
            message_id=self.number,
            text=text,
            timestamp=SENT + timedelta(minutes=self.number),
            origin=origin,
            source="user",
            received_at=SENT,
            traceparent=TRACE,
        )


class PipelineWithKills(Pipeline):
    """The API itself is killed as well; that takes a second each time."""

    @rule()
    def kill_the_api(self) -> None:
        """SIGKILL in the middle of whatever it does; then it starts again on its port."""
        self.world.heal()
        self.append(*(self.message("caindo") for _ in range(20)))
        self.world.api.kill()
        self.world.api.start()
        self.world.sometimes["API killed"] += 1


@pytest.fixture(scope="module")
def world(postgres: TestDatabases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One API and one database for every example."""
    with postgres.migrated() as dsn, running_world(dsn, tmp_path_factory.mktemp("world")) as world:
        yield world


def run(world: World, machine: type[Pipeline], examples: int, *, steps: int) -> None:
    """So many examples, the same ones each time; then others, until no fault has been spared.

    What an example does depends on time as well, so that the same ones may not meet the same.
    """
    world.sometimes.clear()
    for turn in range(4):
        run_state_machine_as_test(
            lambda: machine(world),  # type: ignore[arg-type]  # a factory is documented to do as well
            settings=settings(
                max_examples=examples,
                stateful_step_count=steps,
                derandomize=turn == 0,
                database=None,
                deadline=None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            ),
        )
        never = {name for name in SOMETIMES if not world.sometimes[name]}
        if not never:
            break
    assert channels_of(world.dsn) <= world.channels
    assert not never, f"this run proves nothing about {sorted(never)}"


def test_no_order_of_events_and_faults_loses_or_alters_a_message(world: World) -> None:
    """A few examples, for every change of the code."""
    run(world, Pipeline, 11, steps=20)


@pytest.mark.long(minutes=2)
@pytest.mark.timeout(1200)
def test_no_order_found_in_minutes_does_either(world: World) -> None:
    """Many examples, with kills of the API among the faults."""
    run(world, PipelineWithKills, 10, steps=40)
    assert world.sometimes["API killed"] > 3
