"""What a stranger's page, open in a browser that can reach us, may make that browser do: look.

CORS keeps answers from such a page and asks before most writes, but not before all: a form needs no
leave. And a page whose name leads to our address is no stranger to the browser at all.
"""

from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from contracts import problem
from contracts.own_host import host_name, is_own_host
from ingest_api.answer import ProblemError

_LOOKING = frozenset({"GET", "HEAD", "OPTIONS"})
_OWN_SITE = frozenset({"same-origin", "none"})  # none: no page at all, but a person


class ForeignPage:
    """ASGI middleware for what is open to browsers; programs send no origin.

    Raises ProblemError 421 for a host that is none of ours, and 403 for a write that a page of
    another origin sends; the origins of CORS_ORIGIN are ours.
    """

    def __init__(self, app: ASGIApp, origins: Collection[str], hosts: Collection[str]) -> None:
        self._app = app
        self._origins = frozenset(origins)
        self._hosts = {*map(host_name, hosts), *(urlsplit(each).hostname or "" for each in origins)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if host and not is_own_host(host, self._hosts):
            detail = f"{host_name(host)[:100]} is no name of this server; ALLOWED_HOSTS lists them"
            raise ProblemError(problem.FOREIGN_HOST, detail)
        if scope["method"] not in _LOOKING and self._is_foreign(headers, host):
            detail = "a page of another origin may not write; CORS_ORIGIN lists those that may"
            raise ProblemError(problem.FOREIGN_ORIGIN, detail)
        await self._app(scope, receive, send)

    def _is_foreign(self, headers: Headers, host: str) -> bool:
        origin = headers.get("origin")
        if origin and ("*" in self._origins or origin in self._origins):
            return False
        # A page cannot set either header, and where the first is told it is the surer one.
        if site := headers.get("sec-fetch-site"):
            return site not in _OWN_SITE
        return origin is not None and _place(origin) != host.lower()


def _place(origin: str) -> str:
    """Host and port of an origin; nothing of one that has none."""
    return origin.partition("://")[2].lower()
