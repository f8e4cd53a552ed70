"""The services' exit statuses."""

from contracts.exit_status import ExitStatus


def test_statuses_are_those_that_supervisors_know() -> None:
    """sysexits.h: a change here breaks unit files."""
    assert {status.name: int(status) for status in ExitStatus} == {
        "OK": 0,
        "FORCED": 1,
        "PORT_BUSY": 69,
        "TASK_DIED": 70,
        "OUTBOX_IO": 74,
        "ALREADY_RUNNING": 75,
        "OUTBOX_NEWER": 76,
        "LOGIN_REQUIRED": 77,
        "CONFIG": 78,
        "ACCOUNT_BANNED": 79,
    }
