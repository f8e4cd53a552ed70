"""One request that a program sends, and what it is refused with."""

import http.client
import json
import re
import sys
from typing import Any, Final, NamedTuple

from contracts.problem import CONTENT_TYPE

_GOOD: Final = (
    '{"channelId": -1001, "messageId": 1, "text": "a", "timestamp": "2025-10-25T13:00:00Z"'
)
_HEADER: Final = re.compile(r"([A-Za-z][A-Za-z-]*):(\S*)(?: |$)")
_MANY: Final = re.compile(r"<(.+?)\*(\d+)>")
_SECONDS: Final = 30.0

# Of what opens 100,000 lists and closes none: Python 3.14 follows them to the end of the body.
NESTED: Final = (
    "$: Input data was truncated" if sys.version_info >= (3, 14) else "$: is nested too deeply"
)


class HttpRow(NamedTuple):
    """`METHOD path Header:value … body`, the status, the problem's name, and its detail.

    `{token}` and `{shared}` are tokens of whom is asked, `{key}` its key, `{good` is how a good
    message begins, `<a*500>` so many of one, `…` what differs from run to run. A body goes out as
    JSON unless a header says otherwise. Without a name the answer is no problem but a probe's.
    """

    line: str
    status: int
    kind: str
    said: str

    def matches(self, said: str) -> bool:
        """Whether this is the sentence."""
        parts = [re.escape(part) for part in self.said.split("…")]
        return re.fullmatch("(.+)".join(parts), said, re.DOTALL) is not None


class Asked(NamedTuple):
    """What came back: status, media type, the body as it is, and the JSON in it."""

    status: int
    media_type: str
    body: str
    found: dict[str, Any]

    @property
    def said(self) -> str:
        """The sentence: a problem's detail, or the error of a probe."""
        return str(self.found.get("detail") or self.found.get("error"))

    def is_whole(self, kind: str) -> bool:
        """Whether the whole body is as RFC 9457 and the old API have it."""
        found = self.found
        return not kind or (
            self.media_type == CONTENT_TYPE
            and found["type"] == f"urn:tpcapital:problem:{kind}"
            and found["status"] == self.status
            and (found["error"], found["message"]) == (found["title"], found["detail"])
            and all(f"{each['path']}: {each['detail']}" in self.said for each in self.faults)
        )

    @property
    def faults(self) -> list[dict[str, str]]:
        """Each fault with its place."""
        return list(self.found.get("errors", []))


class Server(NamedTuple):
    """Whom to ask, and what opens it."""

    port: int
    secrets: dict[str, str]

    def ask(self, line: str) -> Asked:
        """Send the request of a row."""
        line = line.replace("{good", _GOOD)
        for name, value in self.secrets.items():
            line = line.replace(f"{{{name}}}", value)
        method, path, headers, body = _read(line)
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_SECONDS)
        try:
            connection.request(method, path, body or None, headers)
            answer = connection.getresponse()
            content = answer.read().decode()
        finally:
            connection.close()
        media_type = answer.headers.get_content_type()
        found = json.loads(content) if media_type.endswith("json") else {"error": content}
        return Asked(answer.status, media_type, content, found)


def _read(line: str) -> tuple[str, str, dict[str, str], bytes]:
    """Method, path, headers and body of a row's line."""
    whole = _MANY.sub(lambda found: found[1] * int(found[2]), line)
    method, _, rest = whole.partition(" ")
    path, _, rest = rest.partition(" ")
    headers: dict[str, str] = {}
    while found := _HEADER.match(rest):
        headers[found[1]] = found[2]
        rest = rest[found.end() :]
    if rest and "Content-Type" not in headers:
        headers["Content-Type"] = "application/json"
    return method, path, headers, rest.encode("utf-8", "surrogateescape")
