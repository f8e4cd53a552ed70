"""The page: its files, served with their digests, and `GET /` for browsers and for programs."""

import hashlib
import re
from collections.abc import Awaitable, Callable
from importlib.resources import files
from typing import NamedTuple

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

Endpoint = Callable[[Request], Awaitable[Response]]

_MEDIA_TYPES = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}
# Everything from this server, no inline script or style, no eval; texts go in as texts only.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'"
    "; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    "; require-trusted-types-for 'script'; trusted-types 'none'"
)
_FOR_EVER = "public, max-age=31536000, immutable"
_ASK_FIRST = "no-cache"
_VERSION = b"{{version}}"


class _File(NamedTuple):
    body: bytes
    media_type: str
    etag: str


class WebPage:
    """The files of `ingest_api/page`, read once.

    Their address holds a digest of them all, so that a browser may keep each for ever and modules
    that import each other are always of one version.
    """

    def __init__(self) -> None:
        folder = files(__package__).joinpath("page")
        bodies = {
            file.name: file.read_bytes()
            for file in folder.iterdir()
            if file.name.rpartition(".")[2] in _MEDIA_TYPES
        }
        digest = hashlib.sha256()
        for name in sorted(bodies):
            digest.update(name.encode() + b"\0" + bodies[name] + b"\0")
        self.version = digest.hexdigest()[:12]
        html = bodies.pop("index.html").replace(_VERSION, self.version.encode())
        self._index = _file("index.html", html)
        self._files = {name: _file(name, body) for name, body in bodies.items()}

    def root(self, for_programs: Endpoint) -> Endpoint:
        """`GET /`: the page for who prefers HTML, else what `for_programs` answers."""

        async def answer(request: Request) -> Response:
            if prefers_html(request.headers.get("accept", "")):
                return self._answer(request, self._index, _ASK_FIRST)
            response = await for_programs(request)
            response.headers.append("vary", "Accept")
            return response

        return answer

    async def file(self, request: Request) -> Response:
        """GET /page/{version}/{name}: a script, the styles, the icon. 404 for any other.

        An older page's version gets today's file, to be asked for again.
        """
        found = self._files.get(request.path_params["name"])
        if found is None:
            raise HTTPException(404)
        current = request.path_params["version"] == self.version
        return self._answer(request, found, _FOR_EVER if current else _ASK_FIRST)

    def _answer(self, request: Request, file: _File, keep: str) -> Response:
        headers = {
            "etag": file.etag,
            "cache-control": keep,
            "content-security-policy": POLICY,
        }
        if file is self._index:
            headers["vary"] = "Accept"
        known = [each.strip() for each in request.headers.get("if-none-match", "").split(",")]
        # gzip on the way out makes our tag a weak one
        if file.etag in {each.removeprefix("W/") for each in known}:
            return Response(status_code=304, headers=headers)
        return Response(file.body, headers=headers | {"content-type": file.media_type})


def prefers_html(accept: str) -> bool:
    """Whether an Accept header names HTML, and above JSON where it names that too.

    >>> prefers_html("text/html,*/*;q=0.8"), prefers_html("*/*"), prefers_html("")
    (True, False, False)
    """
    weights = {"text/html": 0.0, "application/json": 0.0}
    for part in accept.lower().split(","):
        media_type, *parameters = (each.strip() for each in part.split(";"))
        if media_type in weights:
            weights[media_type] = _weight(parameters)
    return weights["text/html"] > weights["application/json"]


def _weight(parameters: list[str]) -> float:
    for parameter in parameters:
        if found := re.fullmatch(r"q\s*=\s*([01](?:\.[0-9]{0,3})?)", parameter):
            return float(found[1])
    return 1.0


def _file(name: str, body: bytes) -> _File:
    media_type = _MEDIA_TYPES[name.rpartition(".")[2]]
    return _File(body, media_type, f'"{hashlib.sha256(body).hexdigest()[:24]}"')
