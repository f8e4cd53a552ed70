"""The contract's own errors, and what a task group made of errors."""

from collections.abc import Iterator


class ContractError(ValueError):
    """A body breaks the contract: `path` is the fault's JSON path, `reason` the broken rule."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


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
