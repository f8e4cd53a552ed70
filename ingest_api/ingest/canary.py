"""POST /ingest/canary: the way of a message to the database, for a message that is none.

It passes the intake (token, slots, bounds) and commits a row of its own; it is no delivery, so no
count, listing, feed or page can show it.
"""

import msgspec
from starlette.types import Receive, Scope, Send

from contracts import problem
from contracts.canary import MAX_CANARY_BYTES, Canary, CanaryStored
from contracts.errors import UNREADABLE, unreadable
from ingest_api.database.statements import Statements
from ingest_api.errors import DatabaseUnavailableError
from ingest_api.ingest.intake import Intake
from ingest_api.request.answer import invalid_body, retry_later, send_json

_decoder = msgspec.json.Decoder(Canary)
_encoder = msgspec.json.Encoder()


class CanaryDesk:
    """Takes canaries, as an ASGI application."""

    def __init__(self, statements: Statements, intake: Intake) -> None:
        self._statements = statements
        self._intake = intake

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """200 once the canary is committed. Raises ProblemError."""
        stored = await self._intake.admit(scope, receive, MAX_CANARY_BYTES, self._store)
        await send_json(send, _encoder.encode(stored))

    async def _store(self, body: bytes) -> CanaryStored:
        try:
            canary = _decoder.decode(body)
        except UNREADABLE as error:
            raise invalid_body(unreadable(error)) from None
        try:
            rows = await self._statements.fetch("record_canary", msgspec.structs.asdict(canary))
        except DatabaseUnavailableError as error:
            raise retry_later(problem.DATABASE_DOWN, str(error)) from error
        return CanaryStored(number=canary.number, stored_at=rows[0][0])
