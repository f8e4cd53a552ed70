"""The gateway's side of the API, for tests of the page: messages and reports."""

from datetime import UTC, datetime
from typing import Any, Self

import aiohttp

from tests.browser.trading_week import report
from tests.ingest_api.messages import body
from tests.postgres import TOKEN


class Gateway:
    """Posts with the token; each signal gets a message id of its own."""

    _number = 0

    def __init__(self, url: str) -> None:
        self._session = aiohttp.ClientSession(url, headers={"X-Gateway-Token": TOKEN})

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def post(self, text: str, **fields: Any) -> dict[str, Any]:
        """A new message sent now, or with `messageId` another version of one; what was posted."""
        Gateway._number += 1
        known = {"timestamp": datetime.now(UTC).isoformat()} | fields
        sent = body(known.pop("messageId", Gateway._number), text, **known)
        await self._send("/ingest", sent)
        return sent

    async def post_many(self, messages: list[dict[str, Any]]) -> None:
        """Messages, 200 at a time."""
        for first in range(0, len(messages), 200):
            await self._send("/ingest/batch", {"messages": messages[first : first + 200]})

    async def report(self, **fields: Any) -> None:
        """The gateway's state: healthy but for these fields."""
        await self._send("/gateway/status", report(datetime.now(UTC), **fields))

    async def _send(self, path: str, content: Any) -> None:
        async with self._session.post(path, json=content) as answer:
            assert answer.status == 200, await answer.text()
