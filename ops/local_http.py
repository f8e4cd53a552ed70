"""Short questions to the services of this machine over HTTP, each with a bound."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from contracts.plain_words import cause

ANSWER_SECONDS = 5.0


class Answer(NamedTuple):
    """What came back; `status` is 0 and `error` says why when nothing did."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    error: str = ""

    def document(self) -> dict[str, Any]:
        """The body as a JSON object; empty when it is none."""
        try:
            found = json.loads(self.body)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}


def ask(
    url: str,
    method: str = "GET",
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    seconds: float = ANSWER_SECONDS,
) -> Answer:
    """The answer to one request, on a connection of its own. Follows no redirection."""
    parts = urlsplit(url)
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    try:
        connection = kind(parts.hostname or "127.0.0.1", parts.port, timeout=seconds)
    except ValueError as error:  # a port that is no number
        return Answer(0, {}, b"", f"{url}: {cause(error)}")
    try:
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request(method, path, body, {"Connection": "close", **(headers or {})})
        answer = connection.getresponse()
        found = {name.lower(): value for name, value in answer.getheaders()}
        return Answer(answer.status, found, answer.read())
    except (OSError, HTTPException, ValueError) as error:
        return Answer(0, {}, b"", f"{url}: {cause(error)}")
    finally:
        connection.close()


def read(url: str) -> str:
    """The body of a 200. Raises OSError with what came instead."""
    answer = ask(url)
    if answer.status != HTTPStatus.OK:
        raise OSError(answer.error or f"{url} answers {answer.status}")
    return answer.body.decode()


def is_well(url: str) -> bool:
    """Whether it answers, and with 200."""
    return ask(url).status == HTTPStatus.OK
