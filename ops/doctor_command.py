"""`tpcapital doctor`: what is wrong, and what to type."""

import sys
from collections.abc import Sequence

import click
import msgspec

from ops.doctor import CHECKS, Finding, examine
from ops.rendering import Sheet, harmless, json_option, show


@click.command()
@click.option("--fix", is_flag=True, help="Mend what is safe to mend: modes and folders.")
@click.option("--list", "only_list", is_flag=True, help="Show the names of the checks; run none.")
@click.option(
    "--run",
    "chosen",
    multiple=True,
    metavar="NAME",
    type=click.Choice([check.name for check in CHECKS]),
    help="Only this check; may be given again.",
)
@json_option
@click.pass_context
def doctor(
    ctx: click.Context, chosen: Sequence[str], *, fix: bool, only_list: bool, as_json: bool
) -> None:
    """Run named checks in order; each fault comes with its cause and what to type.

    Nothing is written unless --fix is given, but a canary goes through the pipe when the gateway
    runs. No check connects to Telegram: what it knows is asked of the gateway. Says little when all
    is well.

    Exit status: 0 no fault (a warning is none), 1 a check failed.
    """
    checks = [check for check in CHECKS if not chosen or check.name in chosen]
    if only_list:
        document = [{"name": check.name, "about": check.about} for check in checks]
        rows = [(check.name, check.about) for check in checks]
        show(document, Sheet("", ("name", "about"), rows), as_json=as_json)
        return
    findings = examine(checks, fix=fix)
    if as_json:
        show(msgspec.to_builtins(findings), as_json=True)
    else:
        _print(findings, say_skipped=bool(chosen))
    ctx.exit(1 if any(each.status == "fail" for each in findings) else 0)


def _print(findings: Sequence[Finding], *, say_skipped: bool) -> None:
    for each in findings:
        for cause in each.mended:
            click.echo(_coloured(f"mended {each.name}: {harmless(cause)}", "green"))
        if each.status == "fail":
            click.echo(_coloured(f"failed {each.name}: {each.about}", "red"))
        if each.status == "warn":
            click.echo(_coloured(f"warning {each.name}: {each.about}", "yellow"))
        for fault in (*each.faults, *each.warnings):
            click.echo(f"  {harmless(fault['cause'])}\n    -> {harmless(fault['command'])}")
        if each.status == "skip" and say_skipped:
            click.echo(f"skipped {each.name}: {harmless(each.skipped)}")
    click.echo(_verdict(findings))


def _verdict(findings: Sequence[Finding]) -> str:
    """One line: it never says well when a line above says failed."""
    words = ("fail", "warn", "pass")
    counts = {word: sum(each.status == word for each in findings) for word in words}
    skipped = [each.name for each in findings if each.status == "skip"]
    passed = f"{counts['pass']} checks passed"
    passed += f", {counts['warn']} to be looked at" if counts["warn"] else ""
    rest = f"; nothing to look at for {', '.join(skipped)}" if skipped else ""
    if counts["fail"]:
        return _coloured(f"{counts['fail']} of {len(findings)} checks failed", "red") + rest
    return _coloured(passed, "green") + rest


def _coloured(text: str, colour: str) -> str:
    return click.style(text, fg=colour) if sys.stdout.isatty() else text
