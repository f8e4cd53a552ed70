"""The checks of `tpcapital doctor` in their order, and what each found."""

from collections.abc import Sequence
from typing import Any, Final, Literal

import msgspec

from ops import doctor_host, doctor_pipe, doctor_store
from ops.doctor_case import Case, Check, Fault, NotApplicableError
from ops.supervisor import ComponentFailedError

CHECKS: Final[tuple[Check, ...]] = (
    *doctor_host.CHECKS,
    *doctor_store.CHECKS,
    *doctor_pipe.CHECKS,
)


class Finding(msgspec.Struct, kw_only=True):
    """One check's outcome; one fault is enough for `fail`. `skipped` says why none was looked for.

    `faults` are pairs of `cause` and `command`, and so are `warnings`, which fail nothing; `mended`
    are causes that `--fix` removed.
    """

    name: str
    about: str
    status: Literal["pass", "warn", "fail", "skip"]
    faults: list[dict[str, str]] = []
    warnings: list[dict[str, str]] = []
    mended: list[str] = []
    skipped: str = ""


def examine(checks: Sequence[Check], *, fix: bool) -> list[Finding]:
    """Run the checks in order on one case; with `fix` mend what is safe to mend."""
    case = Case()
    return [_finding(check, case, fix=fix) for check in checks]


def _finding(check: Check, case: Case, *, fix: bool) -> Finding:
    finding = Finding(name=check.name, about=check.about, status="pass")
    try:
        for fault in check.examine(case):
            _note(finding, fault, fix=fix)
    except NotApplicableError as error:
        # what was found before is a fault all the same
        finding.skipped = str(error)
        finding.status = finding.status if finding.faults else "skip"
    except ComponentFailedError as error:
        _note(finding, Fault(error.message, "tpcapital status"), fix=False)
    return finding


def _note(finding: Finding, fault: Fault, *, fix: bool) -> None:
    told: dict[str, Any] = {"cause": fault.cause, "command": fault.command}
    if fault.is_due:
        finding.warnings.append(told)
        finding.status = "warn" if finding.status == "pass" else finding.status
        return
    if fix and fault.mend:
        try:
            fault.mend()
        except OSError as error:
            told["cause"] += f" (and could not be mended: {error.strerror})"
        else:
            finding.mended.append(fault.cause)
            return
    finding.faults.append(told)
    finding.status = "fail"
