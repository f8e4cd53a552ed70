"""Errors on the wire: RFC 9457 `application/problem+json` with stable types.

`error` and `message` repeat title and detail for readers of the system this one replaces, which
knew only these members.
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
    message: str = ""
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
            message=detail,
            request_id=request_id,
            errors=faults or [],
        )


INVALID = ProblemType("invalid-message", 400, "Validation failed")
INVALID_QUERY = ProblemType("invalid-query", 400, "Invalid query parameters")
INVALID_BODY = ProblemType("invalid-body", 400, "Validation failed")
UNAUTHORIZED = ProblemType("unauthorized", 401, "Invalid or missing authentication token")
KEY_MISSING = ProblemType("api-key-missing", 401, "Unauthorized")
KEY_WRONG = ProblemType("api-key-wrong", 403, "Forbidden")
FOREIGN_ORIGIN = ProblemType("foreign-origin", 403, "Forbidden")
NOT_FOUND = ProblemType("not-found", 404, "Not found")
METHOD_NOT_ALLOWED = ProblemType("method-not-allowed", 405, "Method not allowed")
SLOW_BODY = ProblemType("slow-body", 408, "Request timeout")
AMBIGUOUS = ProblemType("ambiguous", 409, "Conflict")
TOO_LARGE = ProblemType("too-large", 413, "Payload too large")
UNSUPPORTED_MEDIA_TYPE = ProblemType("unsupported-media-type", 415, "Unsupported media type")
FOREIGN_HOST = ProblemType("foreign-host", 421, "Misdirected request")
RATE_LIMITED = ProblemType("rate-limited", 429, "Too Many Requests")
INTERNAL = ProblemType("internal", 500, "Internal server error")
DATABASE_DOWN = ProblemType("database-unavailable", 503, "Database connection failed")
OVERLOADED = ProblemType("overloaded", 503, "Too many requests in flight")
GATEWAY_AWAY = ProblemType("gateway-unavailable", 503, "Gateway unavailable")
DRAINING = ProblemType("draining", 503, "Server is stopping")

ALL = (
    INVALID,
    INVALID_QUERY,
    INVALID_BODY,
    UNAUTHORIZED,
    KEY_MISSING,
    KEY_WRONG,
    FOREIGN_ORIGIN,
    NOT_FOUND,
    METHOD_NOT_ALLOWED,
    SLOW_BODY,
    AMBIGUOUS,
    TOO_LARGE,
    UNSUPPORTED_MEDIA_TYPE,
    FOREIGN_HOST,
    RATE_LIMITED,
    INTERNAL,
    DATABASE_DOWN,
    OVERLOADED,
    GATEWAY_AWAY,
    DRAINING,
)
