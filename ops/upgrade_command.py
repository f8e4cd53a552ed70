"""`tpcapital upgrade --check`: what an upgrade would meet, before it is begun."""

from typing import Any

import click

from ops import upgrade_check
from ops.dsn_option import database_option
from ops.outbox_option import outbox_option
from ops.rendering import Facts, Sheet, json_option, show

_WORDS = {True: "may be upgraded", False: "must not be upgraded like this", None: "cannot be told"}


@click.command()
@click.option("--check", is_flag=True, help="Look; it is all that this command does.")
@click.option(
    "--gateway",
    default="http://127.0.0.1:4006",
    show_default=True,
    help="The running gateway.",
)
@click.option(
    "--api",
    "apis",
    multiple=True,
    default=("http://127.0.0.1:4005",),
    show_default=True,
    help="The running API; once for each replica.",
)
@outbox_option()
@database_option
@json_option
def upgrade(*, check: bool, as_json: bool, **places: Any) -> None:
    """Look what an upgrade to the version of this command would meet; nothing is changed.

    Run it from the new version, beside the old services. Services of neighbouring minor versions
    understand each other, so they are upgraded one after the other: the API first. Exit status 0:
    it may be upgraded; 1: it must not; 3: something could not be asked.
    """
    if not check:
        raise click.UsageError("Say --check. The steps are in docs/howto/upgrade.md.")
    findings = upgrade_check.look(
        places["gateway"], places["apis"], places["outbox"], places["dsn"]
    )
    document = upgrade_check.document(findings)
    may = document["may"]
    rows = [(each.part, each.now, each.then, each.fits, each.note) for each in findings]
    steps = [[number, step] for number, step in enumerate(document["steps"], 1)]
    show(
        document,
        Facts("upgrade", {"to": document["version"], "verdict": _WORDS[may]}),
        Sheet("", ("part", "now", "then", "fits", "note"), rows),
        Sheet("steps", ("no", "step"), steps, "none: put right what does not fit"),
        as_json=as_json,
    )
    click.get_current_context().exit({True: 0, False: 1, None: 3}[may])
