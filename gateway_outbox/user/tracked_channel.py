"""A channel that the user session follows, as its row in the outbox file says."""

from dataclasses import dataclass
from typing import Literal

from gateway_outbox.outbox.outbox import Outbox

# new: never compared with Telegram. tracked: followed. no_access, gone, migrated: tried hourly.
ChannelState = Literal["new", "tracked", "no_access", "gone", "migrated"]
MARK = 1_000_000_000_000  # a channel's marked id is -100 followed by its id of 10 digits or more


@dataclass(kw_only=True)
class TrackedChannel:
    """One row of the table `channel`; see schema.sql for the meaning of each column."""

    channel_id: int
    access_hash: int | None = None
    title: str = ""
    username: str | None = None
    pts: int | None = None
    contiguous_id: int = 0
    resume_pts: int | None = None
    state: ChannelState = "new"
    reason: str = ""
    migrated_to: int | None = None
    noforwards: bool = False
    holes: int = 0

    @property
    def bare_id(self) -> int:
        """The id without its mark, as MTProto carries it."""
        return -self.channel_id - MARK

    @property
    def is_followed(self) -> bool:
        """Whether it is compared with Telegram at every turn."""
        return self.state in ("new", "tracked")

    @property
    def is_readable(self) -> bool:
        """Whether the account can ask for its messages now."""
        return self.is_followed and self.access_hash is not None


async def read_tracked(outbox: Outbox) -> dict[int, TrackedChannel]:
    """Every channel known so far, by its marked id."""
    rows = await outbox.read("tracked_channels")
    found = [
        TrackedChannel(
            channel_id=row[0],
            access_hash=row[1],
            title=row[2],
            username=row[3],
            pts=row[4],
            contiguous_id=row[5],
            resume_pts=row[6],
            state=row[7],
            reason=row[8],
            migrated_to=row[9],
            noforwards=bool(row[10]),
            holes=row[11],
        )
        for row in rows
    ]
    return {channel.channel_id: channel for channel in found}
