"""Rows that may break the API by themselves: told apart from an API that breaks on everything.

A row that, sent alone, meets a server error `PATIENCE` times is a suspect. It becomes a dead
letter only after `MAX_FAILURES` more failures with another row delivered before each of them: the
API is then well, and the row is not. While the API fails for all, every row stays pending.
Only a suspect can be overtaken by a later row of its own channel.
"""

from collections.abc import Sequence

from gateway_outbox.outbox.outbox import Outbox, Row
from gateway_outbox.relay.delivery import Delivery
from gateway_outbox.relay.trouble import TroubleError

PATIENCE = 3
MAX_FAILURES = 5


class Suspects:
    """The failures of rows sent alone, by seq, since they last succeeded. In memory only."""

    def __init__(self, outbox: Outbox, delivery: Delivery) -> None:
        self._outbox = outbox
        self._delivery = delivery
        self._failures: dict[int, int] = {}
        self.alone = False

    def note(self, rows: Sequence[Row], trouble: TroubleError) -> None:
        """Count a failure against a row that was sent alone."""
        if len(rows) == 1 and trouble.against_row:
            seq = rows[0].seq
            self._failures[seq] = self._failures.get(seq, 0) + 1

    def clear(self, rows: Sequence[Row]) -> None:
        """These were delivered: nothing is held against them."""
        if self._failures:
            for row in rows:
                self._failures.pop(row.seq, None)

    async def probe(self) -> None:
        """Send the oldest row, or another one beside a suspect; question suspects on success.

        Raises TroubleError while the API takes nothing.
        """
        head = await self._oldest()
        if head is None:
            self._failures.clear()
            return
        try:
            await self._send(head)
        except TroubleError:
            if self._failures.get(head.seq, 0) < PATIENCE:
                raise
            witness = await self._witness(head)
            self.alone = witness is None
            if witness is None:
                raise
            await self._send(witness)
        await self._question()

    async def _question(self) -> None:
        """The API just took another row: does it still refuse the suspects?"""
        for seq in [seq for seq, number in self._failures.items() if number >= PATIENCE]:
            for failures in range(1, MAX_FAILURES + 1):
                row = await self._outbox.pending_row(seq)
                trouble = await self._refused(row) if row else None
                if row is None or trouble is None:
                    self._failures.pop(seq, None)
                    break
                if failures == MAX_FAILURES:
                    await self._bury(row, trouble)
                elif witness := await self._witness(row):
                    await self._send(witness)
                else:
                    return

    async def _refused(self, row: Row) -> TroubleError | None:
        """The failure that speaks against the row, if any. Raises the others."""
        try:
            await self._send(row)
        except TroubleError as trouble:
            if not trouble.against_row:
                raise
            return trouble
        return None

    async def _send(self, row: Row) -> None:
        try:
            await self._delivery.deliver([row])
        except TroubleError as trouble:
            self.note([row], trouble)
            raise
        self.clear([row])

    async def _bury(self, row: Row, trouble: TroubleError) -> None:
        reason = f"failed {MAX_FAILURES} times alone while other rows were delivered: {trouble}"
        await self._delivery.bury(row, reason)
        self.clear([row])

    async def _oldest(self) -> Row | None:
        channels = await self._outbox.pending_channels()
        rows = await self._outbox.pending_rows(channels[0], 1, 0) if channels else []
        return rows[0] if rows else None

    async def _witness(self, suspect: Row) -> Row | None:
        """The oldest row that is no suspect; of another channel if there is one (order is kept)."""
        channels = await self._outbox.pending_channels()
        channels.sort(key=lambda channel: channel == suspect.channel_id)
        for channel in channels:
            rows = await self._outbox.pending_rows(channel, len(self._failures) + 2, 1 << 62)
            for row in rows:
                if row.seq != suspect.seq and self._failures.get(row.seq, 0) < PATIENCE:
                    return row
        return None
