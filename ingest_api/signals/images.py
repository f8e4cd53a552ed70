"""GET /telegram-images/…: the photos that the gateway downloads into a folder we only read."""

from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

# Pages of other origins show them; and should a file not be what its name says, it stays inert.
_HEADERS = {
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Cache-Control": "public, max-age=86400, immutable",
    "Content-Security-Policy": "default-src 'none'; sandbox",
}


class Images(StaticFiles):
    """Files of one folder by their names. Without a folder, and for any other path, 404.

    Starlette resolves each path and refuses what lies outside, symbolic links included.
    """

    def __init__(self, folder: Path | None) -> None:
        super().__init__(directory=folder or "/nonexistent", check_dir=False)
        self.config_checked = True  # a folder that comes later, or never, is a 404 until then

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file, or 304. Raises HTTPException 404, also for a folder and a hidden file."""
        if any(part.startswith(".") for part in path.split("/")) or "\x00" in path:
            raise HTTPException(404)
        response = await super().get_response(path, scope)
        response.headers.update(_HEADERS)
        return response
