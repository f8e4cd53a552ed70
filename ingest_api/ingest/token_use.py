"""GET /gateway/token: which slots the accepted tokens have, and when each was last used."""

import msgspec
from starlette.types import Receive, Scope, Send

from ingest_api.ingest.intake import Intake
from ingest_api.request.answer import send_json

_encoder = msgspec.json.Encoder()


class TokenDesk:
    """Answers whoever holds an accepted token, as an ASGI application."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """200 with the use of every slot. Raises ProblemError for a token that is not accepted."""
        slot = self._intake.recognise(scope)
        await send_json(send, _encoder.encode(self._intake.tokens.use(slot)))
