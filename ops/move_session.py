"""The old session becomes the gateway's file.

Nobody connects to check it: a key that is used from two places is worthless for good.
"""

from pathlib import Path
from typing import Final

import click

from contracts.secret import Secret
from gateway_outbox import session_backup
from gateway_outbox.errors import GatewayError
from gateway_outbox.session_file import hold_session, prepare_dir, session_files
from gateway_outbox.string_session_source import StringSession
from gateway_outbox.whole_file import sync
from ops.move_site import SESSION_VARIABLE, Site
from ops.move_step import Facts, Note

_SQLITE: Final = b"SQLite format 3\0"
_MOVING: Final = "moving.session"  # its library adds the ending where it is missing
_LONGEST: Final = 4096  # a string session has some 370 characters


class Session:
    """The file is moved: its old name is retired later, so that a failure here changes nothing."""

    name = "session"

    def plan(self, site: Site) -> list[str]:
        """What it is made of."""
        if not (found := _source(site)):
            return ["no session is found: log in afterwards with `tpcapital login`, or use a bot"]
        return [f"{site.session} (mode 0600, owner {site.service_user}) from {found}, checked here"]

    def problems(self, site: Site) -> list[str]:
        """What cannot be made a session, before anything is changed."""
        sources = site.session_sources()
        if len(sources) > 1:
            names = ", ".join(path.name for path in sources)
            return [f"several files may be the session ({names}): name it with --old-session"]
        if site.old_session and not sources:
            return [f"there is no session at {site.old_session}"]
        try:
            _read(site)
        except (GatewayError, OSError) as error:
            return [str(error)]
        return []

    def run(self, site: Site, facts: Facts, note: Note) -> None:
        """Make the file beside its place, check it, and put it there. One before it is kept."""
        try:
            if _source(site):
                _make(site, facts, note)
        except OSError as error:
            raise click.ClickException(f"{error.filename}: {error.strerror}") from error

    def undo(self, site: Site, facts: Facts) -> list[str]:
        """The new file is put aside, so that only the old one can be used; none is deleted."""
        said = []
        if facts.get("made"):
            with hold_session(site.session):
                if site.session.exists():
                    kept = session_backup.set_aside(site.session, "rolled-back")
                    said.append(f"the session is kept as {kept}")
                if (before := facts.get("before")) and Path(before).exists():
                    Path(before).replace(site.session)
                    said.append(f"{site.session} as it was")
        return said


def _make(site: Site, facts: Facts, note: Note) -> None:
    prepare_dir(site.session)
    site.give(site.session.parent)
    moving = site.session.with_name(_MOVING)
    with hold_session(site.session):
        moving.unlink(missing_ok=True)
        given = _read(site)
        if isinstance(given, StringSession):
            given.write(moving)
        elif given:
            session_backup.copy_to(given, moving)
        session_backup.inspect(moving)
        if site.session.exists() and not facts.get("made"):
            note(before=str(session_backup.set_aside(site.session, "before-move")))
        note(made=True)
        moving.replace(site.session)
        for path in session_files(site.session):
            site.give(path)
        sync(site.session.parent)


def _source(site: Site) -> str | None:
    """Where the old session is, in words."""
    if sources := site.session_sources():
        return str(sources[0])
    return f"{SESSION_VARIABLE} of {site.env_file}" if SESSION_VARIABLE in _set(site) else None


def _set(site: Site) -> set[str]:
    return {name for name, value in site.old_variables.items() if value}


def _read(site: Site) -> StringSession | Path | None:
    """A string session, or the path of an SQLite one that is sound; None where there is none.

    Raises GatewayError.
    """
    sources = site.session_sources()
    if not sources:
        text = site.old_variables.get(SESSION_VARIABLE)
        return StringSession.of(Secret(text), SESSION_VARIABLE) if text else None
    with sources[0].open("rb") as stream:
        content = stream.read(_LONGEST)
    if content.startswith(_SQLITE):
        session_backup.inspect(sources[0])
        return sources[0]
    return StringSession.of(Secret(content.decode("latin-1")), str(sources[0]))
