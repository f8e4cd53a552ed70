"""What the doctor knows of an installed gateway whose other half is elsewhere, or not yet there."""

from pathlib import Path

import pytest

from ops.doctor.doctor_case import Case
from ops.doctor.doctor_host import settings
from ops.doctor.doctor_pipe import running
from ops.supervise.installation import Installation
from ops.supervise.plain_process import PlainProcess
from ops.supervise.systemd_unit import SystemdUnit, parse, standing

SHELL = {"PATH": "/usr/bin", "HOME": "/root"}
GATEWAY = {"API_SECRET_TOKEN": "0123456789abcdef" * 2}


USER_SESSION = {"TELEGRAM_API_ID": "12345", "TELEGRAM_API_HASH": "0123456789abcdef"}
ENDED = "LoadState=loaded\nActiveState=failed\nSubState=failed\nResult=exit-code\nExecMainStatus="


def case_of(folder: Path, api: dict[str, str], *, user: bool = False) -> Case:
    """A machine with the gateway's unit, and a shell with these settings of the API."""
    unit = SystemdUnit("gateway", "tp-capital-gateway.service", {}, user=user)
    plain = PlainProcess("api", "ingest_api", folder / "run", SHELL | api, lambda _: False)
    found = Case()
    environments = {"gateway": GATEWAY, "api": SHELL | api}
    found.__dict__["installation"] = Installation([plain, unit], environments, [])
    return found


def test_an_api_elsewhere_has_no_settings_here(tmp_path: Path) -> None:
    """Nobody is told to edit an environment; what to do for an API is said once."""
    case = case_of(tmp_path, {})
    assert [*settings(case)] == []
    case.__dict__["rows"] = case.installation.supervisors[0].look()
    (fault,) = running(case)
    assert (fault.cause, "install --api" in fault.command) == (
        "no api was found on this host",
        True,
    )


def test_an_api_that_was_begun_here_is_looked_at(tmp_path: Path) -> None:
    """One of its settings is enough."""
    causes = [fault.cause for fault in settings(case_of(tmp_path, {"TIMESCALEDB_HOST": "db"}))]
    assert any("GATEWAY_SECRET_TOKEN is not set" in cause for cause in causes)


@pytest.mark.parametrize(
    ("user", "typed"),
    [(False, "sudo tpcapital as-service login"), (True, "tpcapital as-service --user login")],
)
def test_a_command_of_the_gateways_own_is_typed_as_the_service(
    tmp_path: Path, typed: str, *, user: bool
) -> None:
    """With its user and its secrets, which no shell has."""
    assert case_of(tmp_path, {}, user=user).typed("login") == typed


@pytest.mark.parametrize(
    ("told", "status", "typed"),
    [
        (USER_SESSION, 77, "sudo tpcapital as-service login; tpcapital start gateway"),
        ({}, 77, "docs/howto/connect-telegram.md; tpcapital start gateway"),
        ({"GATEWAY_PORT": "x"}, 77, "sudo tpcapital as-service login; tpcapital start gateway"),
        (
            USER_SESSION,
            79,
            "tpcapital logs gateway; sudo tpcapital as-service login; tpcapital start gateway",
        ),
        ({}, 76, "tpcapital upgrade --check; tpcapital logs gateway; tpcapital start gateway"),
        ({}, 78, "tpcapital logs gateway; tpcapital start gateway"),
        ({}, 70, "tpcapital start gateway; tpcapital logs gateway"),
    ],
)
def test_what_would_end_again_is_not_just_started(
    tmp_path: Path, told: dict[str, str], status: int, typed: str
) -> None:
    """First what only a person can give or mend: a login, a setting, the newer program."""
    case = case_of(tmp_path, {})
    case.installation.environments["gateway"] = GATEWAY | told
    case.__dict__["rows"] = [standing("gateway", "systemd", parse(f"{ENDED}{status}"))]
    (fault,) = running(case)
    assert fault.command == typed
    assert f"exit status {status}" in fault.cause
