"""A query string read parameter by parameter; every fault is told at once."""

import re
from collections.abc import Callable
from typing import TypeVar

from starlette.datastructures import QueryParams

from contracts import problem
from contracts.problem import Fault
from ingest_api.request.answer import ProblemError
from ingest_api.request.moment import milliseconds

T = TypeVar("T")


class QueryString:
    """Reads parameters; `close` raises ProblemError naming each that could not be read."""

    def __init__(self, parameters: QueryParams) -> None:
        self._parameters = parameters
        self._faults: list[Fault] = []

    def read(self, name: str, parse: Callable[[str], T]) -> T | None:
        """What `parse` makes of a parameter; None when it is not there, or wrong."""
        text = self._parameters.get(name)
        if text is None:
            return None
        try:
            return parse(text)
        except ValueError as error:
            self._faults.append(Fault(path=name, detail=str(error)))
            return None

    def text(self, name: str, longest: int) -> str | None:
        """A text of 1 to `longest` characters."""
        return self.read(name, lambda text: _text(text, longest))

    def limit(self, most: int, default: int) -> int:
        """How many rows; read as the old API did, which took the digits at the beginning."""
        found = self.read("limit", lambda text: _limit(text, most))
        return default if found is None else found

    def moment(self, name: str, *, end_of_day: bool = False) -> int | None:
        """Epoch milliseconds of a time in any of the spellings; a bare date is a day."""
        return self.read(name, lambda text: milliseconds(text, end_of_day=end_of_day))

    def close(self) -> None:
        """Raise ProblemError 400 if anything was wrong."""
        if self._faults:
            detail = "; ".join(f"{fault.path}: {fault.detail}" for fault in self._faults)
            raise ProblemError(problem.INVALID_QUERY, detail, faults=self._faults)


def _limit(text: str, most: int) -> int:
    digits = re.match(r"\s*\+?([0-9]+)", text)
    if digits is None or not 1 <= int(digits[1][:9]) <= most:
        raise ValueError(f"must be a whole number from 1 to {most}")
    return int(digits[1])


def _text(text: str, longest: int) -> str:
    if not 1 <= len(text) <= longest or "\x00" in text:
        raise ValueError(f"must have 1 to {longest} characters, and no U+0000")
    return text
