"""`tpcapital as-service`: another command, as the installed gateway would run it."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click

from contracts.environment import SettingsError
from ops import env_file
from ops.install_layout import SERVICE_USER, Layout, Owner

# What a service never gets from a shell either, but a terminal needs.
_TERMINAL = ("PATH", "LANG", "LC_ALL", "TERM", "COLUMNS", "LINES", "NO_COLOR", "TZ")
_CODE = "from ops.cli import main; main(prog_name='tpcapital')"


@click.command(
    "as-service",
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
)
@click.option("--user", "is_user", is_flag=True, help="Of an installation with --user.")
@click.argument("arguments", nargs=-1, required=True, type=click.UNPROCESSED)
@click.pass_context
def as_service(ctx: click.Context, arguments: Sequence[str], *, is_user: bool) -> None:
    """Run a command of tpcapital with the installed gateway's user, settings and secrets.

    As in `sudo tpcapital as-service login`, `as-service outbox status`, `as-service channels list`.
    """
    kind = Layout.of_person if is_user else Layout.of_machine
    layout = kind(Path("/"), Path(sys.prefix))
    settings = layout.config / "gateway.env"
    if not is_user and os.geteuid() != 0:
        raise click.ClickException(f"only root may read {settings}: use sudo, or --user")
    owner = layout.service_owner()
    if owner is None or not settings.is_file():
        raise click.ClickException(f"{settings} is not installed: tpcapital install")
    with _credentials(layout, owner) as secrets:
        environ = {name: os.environ[name] for name in _TERMINAL if name in os.environ}
        environ |= {"HOME": str(layout.state), "CREDENTIALS_DIRECTORY": str(secrets)}
        try:
            environ |= env_file.read(settings)
        except SettingsError as error:
            raise click.ClickException(str(error)) from None
        ctx.exit(_run(arguments, environ, layout, owner))


def _run(arguments: Sequence[str], environ: dict[str, str], layout: Layout, owner: Owner) -> int:
    """The command's exit status, once it has ended; Ctrl-C is the command's to judge."""
    # -I: in the state folder, which the service may write, nothing is imported.
    command = [sys.executable, "-I", "-c", _CODE, *arguments]
    same = os.geteuid() == owner.uid
    process = subprocess.Popen(
        command,
        env=environ,
        cwd=layout.state,
        user=None if same else owner.uid,
        group=None if same else owner.gid,
        extra_groups=None if same else [],
        umask=0o077,
    )
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            continue


@contextmanager
def _credentials(layout: Layout, owner: Owner) -> Iterator[Path]:
    """The secrets as `LoadCredential=` gives them: in a folder for this one command."""
    base = Path("/run")
    folder = Path(
        tempfile.mkdtemp(prefix=f"{SERVICE_USER}-", dir=base if os.access(base, os.W_OK) else None)
    )
    try:
        for file in layout.credentials.iterdir() if layout.credentials.is_dir() else ():
            copy = folder / file.name
            copy.touch(0o600)
            copy.write_bytes(file.read_bytes())
            if os.geteuid() == 0:
                os.chown(copy, *owner)
        if os.geteuid() == 0:
            os.chown(folder, *owner)
        yield folder
    finally:
        shutil.rmtree(folder)
