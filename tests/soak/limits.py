"""What the guarantees leave out, so that the oracle asks for no more than they promise.

docs/adr/own-reconciliation.md: while Telegram's log did not reach back to our cursor, an edit or a
deletion of a message older than our newest 300 is not seen.
"""

from typing import NamedTuple

from contracts.message import Key

REREAD = 250  # of the 300 some may be deleted ones


class TooLong(NamedTuple):
    """An answer "too long": from which cursor to which, and the oldest id that is read again."""

    channel_id: int
    asked_pts: int
    pts: int
    oldest_id: int


class Limits:
    """The gaps of a run."""

    def __init__(self) -> None:
        self.gaps: list[TooLong] = []

    def note(self, channel_id: int, asked_pts: int, pts: int, ids: list[int]) -> None:
        """A gap; `ids` are all that the channel has, ascending."""
        oldest = ids[-REREAD] if len(ids) > REREAD else 0
        self.gaps.append(TooLong(channel_id, asked_pts, pts, oldest))

    def excuse(self, key: Key, pts: int) -> bool:
        """Whether the change of this message at this number of its channel may be unseen."""
        return any(
            gap.channel_id == key.channel_id
            and gap.asked_pts < pts <= gap.pts
            and key.message_id < gap.oldest_id
            for gap in self.gaps
        )
