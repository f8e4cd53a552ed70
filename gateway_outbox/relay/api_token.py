"""The token for the API, read again when its file changes: a rotation needs no restart."""

import logging
from collections.abc import Mapping

from contracts.environment import file_of, unquoted
from contracts.secret import Secret, Token
from gateway_outbox.settings import Settings

log = logging.getLogger(__name__)


class TokenReader:
    """Call it for the token of each request."""

    def __init__(self, settings: Settings, environ: Mapping[str, str]) -> None:
        self._token: Secret = settings.api_secret_token
        self._path = file_of("API_SECRET_TOKEN", environ)
        self._stamp = (0, 0, 0)

    def __call__(self) -> Secret:
        """The token as it stands in its file now; the known one while the file holds none."""
        if self._path is None:
            return self._token
        try:
            stat = self._path.stat()
            stamp = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
            if stamp != self._stamp:
                self._stamp = stamp
                self._token = Token(unquoted(self._path.read_text(encoding="utf-8")))
        except OSError:
            # being replaced at this very moment: the token we know still stands
            return self._token
        except ValueError as error:
            # half written, or no token at all: a request with it could not even be sent
            log.warning(
                "token file %s: it %s. The token known before is used on",
                self._path,
                error,
                extra={"action": "token.unfit"},
            )
        return self._token
