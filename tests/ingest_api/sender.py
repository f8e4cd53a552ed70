"""A gateway that sends to an API in trouble, and remembers what it was told."""

from collections.abc import Iterable
from typing import Any

import aiohttp

from contracts import wire
from ingest_api.ingest.delivery import Delivery
from tests.ingest_api.test_ingest import HEADERS
from tests.waiting import eventually


class Sender:
    """Posts batches; whatever the trouble, the answer is 200, or 503 with a time to come again.

    `refusals` are the details of each 503.
    """

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session
        self.acknowledged: list[Delivery] = []
        self.refusals: list[str] = []

    async def is_taken(self, *deliveries: Delivery) -> bool:
        """Whether these were acknowledged, all of them."""
        body = wire.batch_body([wire.encode(each.message) for each in deliveries])
        headers = HEADERS | {"content-type": "application/json"}
        async with self._session.post("/ingest/batch", data=body, headers=headers) as answer:
            found = await answer.json(content_type=None)
        if answer.status != 200:
            assert (answer.status, found["error"]) == (503, "Database connection failed"), found
            assert int(answer.headers["Retry-After"]) > 0
            self.refusals.append(found["detail"])
            return False
        assert [each["outcome"] for each in found["results"] if each["outcome"] == "rejected"] == []
        self.acknowledged += deliveries
        return True

    async def insist(self, *deliveries: Delivery) -> None:
        """Send until it is taken, as the relay does."""
        await eventually(lambda: self.is_taken(*deliveries))

    async def statuses(self, *paths: str) -> dict[str, int]:
        """What GET answers at each path."""
        found = {}
        for path in paths:
            async with self._session.get(path) as answer:
                found[path] = answer.status
        return found

    async def signals(self) -> list[Any]:
        """The rows of GET /signals, which answers 200."""
        async with self._session.get("/signals") as answer:
            assert answer.status == 200, await answer.text()
            rows: list[Any] = (await answer.json())["data"]
            return rows


def numbered(rows: Iterable[dict[str, Any]]) -> set[int]:
    """The messages that rows are of."""
    return {row["message_id"] for row in rows}
