"""Errors on the wire: RFC 9457 `application/problem+json` with stable types.

`error` repeats the title for readers of the system this one replaces, which knew only that member.
"""

from typing import NamedTuple

import msgspec

CONTENT_TYPE = "application/problem+json"


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """One fault in a body or a query: where it is (JSON path or parameter) and what is wrong."""

    path: str
    detail: str


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The body of every answer of 400 and above."""

    type: str
    title: str
    status: int
    detail: str
    error: str
    request_id: str = ""
    errors: list[Fault] = []


class ProblemType(NamedTuple):
    """A kind of problem: `name` never changes, clients branch on it."""

    name: str
    status: int
    title: str

    def problem(
        self, detail: str, *, faults: list[Fault] | None = None, request_id: str = ""
    ) -> Problem:
        """This kind of problem, met once."""
        return Problem(
            type=f"urn:tpcapital:problem:{self.name}",
            title=self.title,
            status=self.status,
            detail=detail,
            error=self.title,
            request_id=request_id,
            errors=faults or [],
        )


INVALID = ProblemType("invalid-message", 400, "Validation failed")
INVALID_QUERY = ProblemType("invalid-query", 400, "Invalid query parameters")
UNAUTHORIZED = ProblemType("unauthorized", 401, "Invalid or missing authentication token")
NOT_FOUND = ProblemType("not-found", 404, "Not found")
METHOD_NOT_ALLOWED = ProblemType("method-not-allowed", 405, "Method not allowed")
TOO_LARGE = ProblemType("too-large", 413, "Payload too large")
UNSUPPORTED_MEDIA_TYPE = ProblemType("unsupported-media-type", 415, "Unsupported media type")
INTERNAL = ProblemType("internal", 500, "Internal server error")
DATABASE_DOWN = ProblemType("database-unavailable", 503, "Database connection failed")
OVERLOADED = ProblemType("overloaded", 503, "Too many requests in flight")
DRAINING = ProblemType("draining", 503, "Server is stopping")

ALL = (
    INVALID,
    INVALID_QUERY,
    UNAUTHORIZED,
    NOT_FOUND,
    METHOD_NOT_ALLOWED,
    TOO_LARGE,
    UNSUPPORTED_MEDIA_TYPE,
    INTERNAL,
    DATABASE_DOWN,
    OVERLOADED,
    DRAINING,
)
