"""The contract's own errors."""


class ContractError(ValueError):
    """A body breaks the contract: `path` is the fault's JSON path, `reason` the broken rule."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason
