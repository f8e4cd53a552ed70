"""What the forwarder asks of Telegram: copies, and what is in the destination already."""

from collections.abc import Sequence
from typing import Any

from telethon import errors
from telethon.tl import functions, types

from contracts.message import Message
from gateway_outbox.channels_file import Declared
from gateway_outbox.forward.forward_queue import Waiting
from gateway_outbox.untrusted import UnreadableError
from gateway_outbox.user.request_source import Requests
from gateway_outbox.user.tracked_channel import TrackedChannel
from gateway_outbox.user.user_message import read_message

_PAGE = 100
_MOST_PAGES = 10
_SLACK_SECONDS = 5.0  # Telegram's clock and ours


class HeldError(Exception):
    """Nothing can be forwarded until a person has done something."""


class Copying:
    """What the forwarder asks of Telegram, with the destination found."""

    def __init__(
        self, requests: Requests, channels: dict[int, TrackedChannel], destination: Any
    ) -> None:
        self._requests = requests
        self._channels = channels
        self._destination = destination
        self._readable: dict[int, TrackedChannel] = {}

    @classmethod
    def to(
        cls, destination: Declared, requests: Requests, channels: dict[int, TrackedChannel]
    ) -> "Copying | None":
        """Copying to the destination; None while the user session has not found it."""
        for channel in channels.values():
            if destination.means(channel.channel_id, channel.username) and channel.access_hash:
                peer = types.InputPeerChannel(channel.bare_id, channel.access_hash)
                return cls(requests, channels, peer)
        return None

    def readable(self) -> list[int]:
        """The channels that the account can forward from now; what is asked below is of these.

        They are kept until the next call: one may be taken off the declared channels meanwhile.
        """
        self._readable = {id_: each for id_, each in self._channels.items() if each.is_readable}
        return [*self._readable]

    def contiguous_id(self, channel_id: int) -> int:
        """The id up to which nothing of the channel is missing here."""
        return self._readable[channel_id].contiguous_id

    def is_protected(self, channel_id: int) -> bool:
        """Whether the channel forbids to forward from it."""
        return self._readable[channel_id].noforwards

    async def copy(self, group: Sequence[Waiting], numbers: Sequence[int]) -> set[int]:
        """Forward; returns the numbers of those that became messages."""
        source = self._readable[group[0].channel_id]
        answer = await self._requests.ask(
            functions.messages.ForwardMessagesRequest(
                from_peer=types.InputPeerChannel(source.bare_id, source.access_hash),
                id=[row.message_id for row in group],
                to_peer=self._destination,
                random_id=list(numbers),
            )
        )
        made = (each for each in answer.updates if isinstance(each, types.UpdateMessageID))
        return {each.random_id for each in made}

    async def newest(self, since: float) -> list[Message]:
        """The destination's messages since a time (seconds since 1970), oldest last."""
        found: list[Any] = []
        offset_id = 0
        for _ in range(_MOST_PAGES):
            page = await self._page(offset_id)
            found += page
            if not page or page[-1].date.timestamp() < since - _SLACK_SECONDS:
                break
            offset_id = page[-1].id
        return [copy for item in found if (copy := _read(item)) is not None]

    async def look_at_destination(self) -> None:
        """Raises HeldError when the destination cannot be read."""
        try:
            await self._page(0, 1)
        except errors.ChannelPrivateError:
            raise HeldError("the account is not in the destination channel (any more)") from None

    async def _page(self, offset_id: int, limit: int = _PAGE) -> list[Any]:
        nothing = dict.fromkeys(("add_offset", "max_id", "min_id", "hash"), 0)
        request = functions.messages.GetHistoryRequest(
            self._destination, offset_id, None, limit=limit, **nothing
        )
        return list((await self._requests.ask(request)).messages)


def _read(item: Any) -> Message | None:
    try:
        return read_message(item.to_dict())
    except UnreadableError:
        return None
