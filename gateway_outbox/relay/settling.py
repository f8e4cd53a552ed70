"""Answers of the API that wait to be written to the outbox, those of several requests together.

Why together: rows of different channels lie side by side in the file, so each transaction of one
channel's rows rewrites the same pages. With eight channels in turn, eight batches in a transaction
cost a fifth of eight transactions. A crash in between costs repeated requests, which the API
answers with "unchanged"; a lone message is settled at once.
"""

import time

from gateway_outbox.outbox.outbox import Outbox, Row, Settlement

ENOUGH_ROWS = 4000
MOST_ROWS = 4 * ENOUGH_ROWS
DELAY_SECONDS = 0.25


class Settling:
    """What is answered and not yet settled. A channel's answered rows must not be read again."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self._held: list[Settlement] = []
        self._writing = 0
        self._since = 0.0
        self._answered: dict[int, int] = {}

    @property
    def has_room(self) -> bool:
        """Whether more may be answered before some are settled: bounds memory and repetition."""
        return len(self._held) + self._writing < MOST_ROWS

    @property
    def waiting(self) -> bool:
        """Whether something is held that nobody writes yet."""
        return bool(self._held) and not self._writing

    def after(self, channel_id: int) -> int:
        """The channel's rows up to this seq are answered; 0 when none is."""
        return self._answered.get(channel_id, 0)

    def hold(self, rows: list[Row], settlements: list[Settlement]) -> None:
        """Keep what the API made of these rows until the next flush; nothing: settled already."""
        if not settlements:
            return
        if not self._held:
            self._since = time.monotonic()
        self._held += settlements
        for row in rows:  # in order: the last of each channel stays
            self._answered[row.channel_id] = row.seq

    def due(self, *, more_is_coming: bool) -> bool:
        """Whether to flush now; while more is coming only when enough or long enough is held."""
        if not self.waiting:
            return False
        late = time.monotonic() - self._since >= DELAY_SECONDS
        return not more_is_coming or late or len(self._held) >= ENOUGH_ROWS

    async def flush(self) -> None:
        """Settle what is held, in one transaction. Raises OutboxFailedError."""
        held, self._held = self._held, []
        if not held:
            return
        answered = dict(self._answered)
        self._writing = len(held)
        try:
            await self._outbox.settle(held)
        finally:
            self._writing = 0
        for channel_id, seq in answered.items():
            if self._answered.get(channel_id) == seq:
                del self._answered[channel_id]
