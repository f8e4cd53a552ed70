"""`tpcapital token`: make a shared token, and replace the one in use without losing a message."""

import json
import secrets
import shlex
import subprocess
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import click

from ops.number import Number
from ops.rendering import Sheet, json_option, show
from ops.rotation.token_files import TokenFileError, TokenFiles
from ops.rotation.token_rotation import ORDER, RESTARTS, Rotation, Step
from ops.rotation.token_witness import Witness, WitnessError

CREDENTIALS = "/etc/tp-capital/credentials"
_RESTART_SECONDS = 60.0
_SEEN_SECONDS = 20.0
_PAUSE_SECONDS = 0.5
_HOW = {
    Step.TAKE_IN: "systemctl restart tp-capital-api, or docker compose restart api",
    Step.FORGET: "systemctl restart tp-capital-api, or docker compose restart api",
    Step.TAKE_UP: "systemctl restart tp-capital-gateway (its credentials stay as they were at its"
    " start; one that reads API_SECRET_TOKEN_FILE needs no restart)",
}


class Commands(NamedTuple):
    """What restarts the services; None: a person does."""

    api: str | None
    gateway: str | None

    def of(self, step: Step) -> str | None:
        """The command that does this step."""
        return self.gateway if step is Step.TAKE_UP else self.api


@click.group()
def token() -> None:
    """Make the token that gateway and API share, or replace it."""


@token.command()
def new() -> None:
    """Print a new token: 32 random bytes in hexadecimal."""
    click.echo(secrets.token_hex(32))


@token.command(short_help="Replace the token in use, step by guarded step.")
@click.option(
    "--api-dir",
    envvar="SECRETS_DIR",
    default=CREDENTIALS,
    show_default=True,
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Folder of the API's token files; with Compose its secrets (SECRETS_DIR).",
)
@click.option(
    "--gateway-dir",
    default=CREDENTIALS,
    show_default=True,
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Folder of the gateway's token file.",
)
@click.option(
    "--api",
    "urls",
    multiple=True,
    default=("http://127.0.0.1:4005",),
    show_default=True,
    help="The API; once for each replica.",
)
@click.option("--restart-api", metavar="COMMAND", help="Restarts the API; else a person does.")
@click.option("--restart-gateway", metavar="COMMAND", help="Restarts the gateway.")
@click.option(
    "--quiet",
    type=Number(0),
    default=60.0,
    show_default=True,
    help="Seconds that the old token must be unused before it is dropped.",
)
@click.option("--plan", is_flag=True, help="Show the steps that are left; change nothing.")
@click.option("--resume", is_flag=True, help="Go on with a rotation; begin none.")
@json_option
def rotate(*, plan: bool, resume: bool, as_json: bool, **given: Any) -> None:
    """Replace the token that the gateway sends and the API accepts, without losing a message.

    The API first accepts two tokens, then the gateway sends the new one, and only when the API has
    not seen the old one for a while is it dropped. Both services read their tokens at their start:
    the API is restarted twice, the gateway once. Without the two commands this stops at each
    restart and says what to do; `--resume` goes on. No token is ever printed.
    """
    files = TokenFiles.within(given["api_dir"], given["gateway_dir"])
    rotation = Rotation(files, Witness(given["urls"]), given["quiet"])
    try:
        if plan:
            document = _plan(rotation)
            steps = [[each] for each in document["steps"]]
            show(document, Sheet("steps that are left", ("step",), steps), as_json=as_json)
            return
        commands = Commands(given["restart_api"], given["restart_gateway"])
        document = _run(rotation, commands, partial(click.echo, err=as_json), begin=not resume)
    except (TokenFileError, WitnessError) as error:
        raise click.ClickException(str(error)) from error
    if as_json:
        click.echo(json.dumps(document, indent=2))


def _plan(rotation: Rotation) -> dict[str, Any]:
    """The steps from here on."""
    step = rotation.look()
    left = ORDER if step is Step.NONE else ORDER[ORDER.index(step) :]
    return {
        "under_way": step is not Step.NONE,
        "steps": [_sentence(each) for each in left],
    }


def _run(
    rotation: Rotation, commands: Commands, say: Callable[[str], None], *, begin: bool
) -> dict[str, Any]:
    """Do every step that may be done now. Raises TokenFileError, WitnessError, ClickException."""
    step = rotation.look()
    if step is Step.NONE:
        if not begin:
            say(Step.NONE.value)
            return {"finished": True, "next": None}
        step = Step.BEGIN
    while step is not Step.NONE:
        if step in RESTARTS:
            if (command := commands.of(step)) is None:
                say(f"next: {_sentence(step)}; then: tpcapital token rotate --resume")
                return {"finished": False, "next": step.value}
            _restart(step, command, say)
            _until_past(rotation, step, _RESTART_SECONDS)
        else:
            _pass(rotation, step, say)
        step = rotation.look()
    say("finished: only the new token is accepted")
    return {"finished": True, "next": None}


def _pass(rotation: Rotation, step: Step, say: Callable[[str], None]) -> None:
    """Do a step that needs no restart, or wait it out."""
    if step is Step.WAIT:
        say(step.value)
        _until_past(rotation, step, rotation.quiet + _RESTART_SECONDS)
        return
    rotation.do(step)
    say(f"done: {step.value}")
    if step is Step.SWITCH:  # a gateway that reads a file takes it up by itself
        _until_past(rotation, Step.TAKE_UP, _SEEN_SECONDS, must=False)


def _restart(step: Step, command: str, say: Callable[[str], None]) -> None:
    say(f"{step.value}: {command}")
    done = subprocess.run(shlex.split(command), check=False, capture_output=True, text=True)
    if done.returncode:
        raise click.ClickException(
            f"{command!r} ended with {done.returncode}: {done.stderr.strip()[-500:]}. The rotation"
            " stands where it was; put that right, then: tpcapital token rotate --resume"
        )


def _until_past(rotation: Rotation, step: Step, seconds: float, *, must: bool = True) -> None:
    """Look until another step comes next; an API that is just starting does not answer."""
    deadline = time.monotonic() + seconds
    trouble = f"still to do: {step.value}"
    while time.monotonic() < deadline:
        try:
            if rotation.look() is not step:
                return
        except WitnessError as error:
            trouble = str(error)
        time.sleep(_PAUSE_SECONDS)
    if must:
        raise click.ClickException(
            f"{trouble}, after {seconds:.0f} s. Nothing was dropped; when it is well again:"
            " tpcapital token rotate --resume"
        )


def _sentence(step: Step) -> str:
    return f"{step.value}: {_HOW[step]}" if step in _HOW else step.value
