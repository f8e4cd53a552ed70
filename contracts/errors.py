"""The contract's own errors, and what a task group made of errors."""

import re
from collections.abc import Iterator

import msgspec


class ContractError(ValueError):
    """A body breaks the contract: `path` is the fault's JSON path, `reason` the broken rule."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


# What a decoder raises of a body that is not what it should be.
UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def unreadable(error: BaseException) -> ContractError:
    """Where in a body the fault is that a decoder met, and which; `error` is one of UNREADABLE."""
    if isinstance(error, UnicodeDecodeError):
        return ContractError("$", "holds bytes that are no UTF-8")
    if isinstance(error, RecursionError):
        return ContractError("$", "is nested too deeply")
    reason, _, path = str(error).partition(" - at `")
    path = path.rstrip("`") or "$"
    if missing := re.search(r"missing required field `(\w+)`", reason):
        return ContractError(f"{path}.{missing[1]}", "is required")
    return ContractError(path, reason)


def leaves(error: BaseException) -> Iterator[BaseException]:
    """The errors themselves, however deep the task groups wrapped them."""
    if isinstance(error, BaseExceptionGroup):
        for each in error.exceptions:
            yield from leaves(each)
    else:
        yield error


def sentences(error: BaseException) -> list[str]:
    """What the errors themselves say, each once."""
    return list(dict.fromkeys(map(str, leaves(error))))
