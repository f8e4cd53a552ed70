"""What the pages tell a newcomer, typed in a container with nothing but Python."""

import os
import re
from collections.abc import Iterator
from time import monotonic

import pytest

from tests.compose.engine import ROOT
from tests.compose.fresh_machine import FreshMachine, fresh_machine
from tests.waiting import until

pytestmark = [
    pytest.mark.long,
    pytest.mark.timeout(1800),
    pytest.mark.skipif("TPCAPITAL_FRESH" not in os.environ, reason="`just fresh` runs it"),
]

CLONE = "tpcapital"
SAYS = re.compile(r"^```sh\n(.*?)^```", re.DOTALL | re.MULTILINE)
VENV_SECONDS = 900
# what makes users where systemd is, which this container has not
SYSUSERS = "apt-get install -y -qq --no-install-recommends systemd-standalone-sysusers >/dev/null"
BOX = "/tmp/box"  # in a container of our own


def blocks(page: str) -> list[str]:
    """The commands of a page, block by block."""
    return SAYS.findall((ROOT / page).read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def machine(engine: None) -> Iterator[FreshMachine]:  # noqa: ARG001  # its skip
    """A container with a clone of what is committed."""
    with fresh_machine(f"tpcapital-fresh-{os.getpid()}") as found:
        found.clone("HEAD", CLONE)
        yield found


def test_the_tutorial_ends_with_a_signal_in_the_database(machine: FreshMachine) -> None:
    """From nothing, word for word; .venv is made on the way."""
    demo, look, read, send, again, break_it, once = blocks("docs/tutorial.md")
    started = monotonic()
    running = machine.another_terminal(demo, CLONE)
    running.wait_for(r"Made \.venv", VENV_SECONDS)
    print(f".venv made in {monotonic() - started:.0f} s")
    running.wait_for("replay finished.*pending 0", 120)
    assert "raw_message" in machine.run(look, CLONE)
    assert "PETR4" in machine.run(read, CLONE)
    assert re.search(r"stored\s1\n", machine.run(send, CLONE))
    until(lambda: "36,40" in machine.run(send.splitlines()[-1], CLONE))
    assert re.search(r"duplicates\s1\n", machine.run(again, CLONE))
    machine.run(break_it, CLONE)
    until(lambda: running.status != "", 60)
    assert running.status != "0"
    summary = machine.run(once, CLONE).splitlines()[-1]
    assert '"messages_total": 276' in summary
    assert '"pending": 0' in summary
    print(f"the whole tutorial: {monotonic() - started:.0f} s")


def test_the_readmes_tests_pass(machine: FreshMachine) -> None:
    """Its second command; what the container lacks is skipped, and nothing else is."""
    _, test = blocks("README.md")[0].splitlines()
    started = monotonic()
    said = machine.run(test, CLONE)
    assert re.search(r"\d{4,} passed", said.splitlines()[-1]), said[-2000:]
    print(f"{said.splitlines()[-1].strip('= ')}; {monotonic() - started:.0f} s in all")


def test_the_program_is_installed_planned_laid_out_and_taken_away(machine: FreshMachine) -> None:
    """The page's commands, as root; with no systemd here, below a root folder of its own."""
    machine.run(SYSUSERS, user="root")
    program, *_ = blocks("docs/howto/install.md")
    machine.run(
        re.sub(r"^sudo (?!apt)", "", program, flags=re.MULTILINE).replace(
            "sudo apt install", "apt-get install -y -qq"
        ),
        CLONE,
        "root",
    )
    plan = machine.run(f"tpcapital install --root {BOX}", user="root")
    assert "tp-capital-gateway.service" in plan
    assert machine.run(f"ls -A {BOX} 2>/dev/null || true") == ""
    machine.run(f"tpcapital install --root {BOX} --yes", user="root")
    again = machine.run(f"tpcapital install --root {BOX}", user="root")
    assert not re.search(r"\bto do\b", again), again
    machine.run(f"tpcapital uninstall --root {BOX} --purge --yes", user="root")
    left = machine.run(f"find {BOX} -type f", user="root").split()
    assert [path for path in left if "tp-capital" in path] == []
