"""The verdict on all rows."""

import pytest

from ops.supervise.standing import Standing, State, verdict


def rows(*, database: State, api: tuple[State, ...], gateway: State) -> list[Standing]:
    """Rows of one database, some replicas and one gateway."""
    found = [("database", "database", database), ("gateway", "gateway", gateway)]
    found += [("api", f"api-{number}", state) for number, state in enumerate(api, 1)]
    return [
        Standing(component=component, name=name, supervisor="process", state=state)
        for component, name, state in found
    ]


@pytest.mark.parametrize(
    ("database", "api", "gateway", "status", "reason"),
    [
        ("running", ("running",), "running", 0, "3 components run"),
        ("running", ("running", "failed"), "running", 1, "api-2 failed"),
        ("running", ("stopped", "failed"), "running", 2, "api-1 stopped; api-2 failed"),
        ("running", ("starting",), "running", 1, "api-1 starting"),
        ("unknown", ("running",), "running", 3, "database unknown"),
        ("unknown", ("running",), "failed", 2, "gateway failed"),
        ("running", ("degraded",), "degraded", 1, "gateway degraded; api-1 degraded"),
    ],
)
def test_the_worst_needed_part_decides(
    database: State, api: tuple[State, ...], gateway: State, status: int, reason: str
) -> None:
    """A pipe with one replica is up; what is down weighs more than what cannot be told."""
    found = verdict(rows(database=database, api=api, gateway=gateway))
    assert (found.status, found.reason) == (status, reason)


def test_what_is_not_needed_only_degrades() -> None:
    """Prometheus away is no outage."""
    all_rows = rows(database="running", api=("running",), gateway="running")
    all_rows += [
        Standing(component="prometheus", name="prometheus", supervisor="compose", state="stopped")
    ]
    assert verdict(all_rows).status == 1


def test_a_needed_part_that_was_not_found_is_down() -> None:
    """No rows, no pipe."""
    assert verdict([]).reason == "database: not found; api: not found; gateway: not found"
