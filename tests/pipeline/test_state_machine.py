"""Outbox, relay, API and store under every order of events and faults that chance finds."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.pipeline.machine import SOMETIMES, Pipeline, PipelineWithKills
from tests.pipeline.stored import channels_of
from tests.pipeline.world import World, running_world
from tests.postgres import TestDatabases


@pytest.fixture(scope="module")
def world(postgres: TestDatabases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One API and one database for every example."""
    with postgres.migrated() as dsn, running_world(dsn, tmp_path_factory.mktemp("world")) as world:
        yield world


def run(world: World, machine: type[Pipeline], examples: int, *, steps: int) -> None:
    """So many examples, the same ones each time; none of the faults may have been spared."""
    world.sometimes.clear()
    run_state_machine_as_test(
        lambda: machine(world),  # type: ignore[arg-type]  # a factory is documented to do as well
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            derandomize=True,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert channels_of(world.dsn) <= world.channels
    never = {name for name in SOMETIMES if not world.sometimes[name]}
    assert not never, f"this run proves nothing about {sorted(never)}"


def test_no_order_of_events_and_faults_loses_or_alters_a_message(world: World) -> None:
    """A few examples, for every change of the code."""
    run(world, Pipeline, 11, steps=20)


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_no_order_found_in_minutes_does_either(world: World) -> None:
    """Many examples, with kills of the API among the faults."""
    run(world, PipelineWithKills, 10, steps=40)
    assert world.sometimes["API killed"] > 3
