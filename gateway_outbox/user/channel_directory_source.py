"""Who the declared channels are at Telegram, and whether the account can read them.

What is learnt stays in the table `channel`, so that a start asks for nothing it knew before. A
channel that cannot be read is asked about again each hour; the others go on.
"""

import logging
import time
from collections.abc import Iterable

import anyio
from telethon import errors
from telethon.tl import functions, types

from gateway_outbox.bot_channels import read_by_bot
from gateway_outbox.channels_file import Channels, Declared
from gateway_outbox.outbox.outbox import Outbox
from gateway_outbox.source import SourceState
from gateway_outbox.user.channel_lookup_source import ChannelLookup, Found, NotFoundError
from gateway_outbox.user.request_source import Requests
from gateway_outbox.user.tracked_channel import ChannelState, TrackedChannel, read_tracked
from gateway_outbox.user.user_trouble_source import is_fatal, name_of

log = logging.getLogger(__name__)

RETRY_SECONDS = 3600.0
NO_ACCESS = (errors.ChannelPrivateError, errors.UserBannedInChannelError, errors.ForbiddenError)
GONE = (errors.ChannelInvalidError,)


class ChannelDirectory:
    """The declared channels that are known, in `channels` by marked id; lanes may look at it.

    With `has_bot`, what the bot of the same gateway reads needs nobody else to find it.
    """

    def __init__(
        self,
        declared: Channels,
        outbox: Outbox,
        state: SourceState,
        retry_seconds: float = RETRY_SECONDS,
        *,
        has_bot: bool = False,
    ) -> None:
        self.channels: dict[int, TrackedChannel] = {}
        self._declared = declared
        self._outbox = outbox
        self._state = state
        self._retry_seconds = retry_seconds
        self._has_bot = has_bot
        self._rows: dict[int, TrackedChannel] = {}
        self._ids: dict[int | str, int] = {}
        self._unknown: dict[int | str, str] = {}
        self._retry_at: dict[int | str, float] = {}
        self._sources: set[int] = set()
        self._lookup = ChannelLookup()

    async def load(self) -> None:
        """Take over what earlier processes learnt."""
        self._rows = await read_tracked(self._outbox)
        for channel in self._rows.values():
            if channel.username:
                self._ids[f"@{channel.username}".lower()] = self._heir(channel.channel_id)
            if channel.access_hash is not None or channel.migrated_to is not None:
                self._ids[channel.channel_id] = self._heir(channel.channel_id)
        self._choose()

    def followed(self) -> list[TrackedChannel]:
        """The source channels that can be read, each once."""
        return [
            channel
            for channel in self.channels.values()
            if channel.is_followed and channel.channel_id in self._sources
        ]

    def follows(self, channel_id: int) -> bool:
        """Whether messages of this channel are taken."""
        channel = self.channels.get(channel_id)
        return channel is not None and channel.is_followed and channel_id in self._sources

    def expects(self, channel_id: int) -> bool:
        """Whether the channel is declared, readable or not."""
        return channel_id in self.channels or channel_id in self._unknown

    def ask_again(self, channel_id: int) -> None:
        """Something about this channel changed: look at it at the next turn."""
        self._retry_at.pop(channel_id, None)

    async def refresh(self, requests: Requests) -> None:
        """Find who is new, and look again at those that could not be read an hour ago."""
        self._choose()
        await self._find_new(requests)
        self._choose()
        for channel in [*self.channels.values()]:
            if channel.state in ("no_access", "gone") and self._is_due(channel.channel_id):
                await self._look_again(requests, channel)
        await self._show()

    async def learn(self, chats: list[object]) -> None:
        """Titles and rights of channels, as an answer lists them beside its messages."""
        for chat in chats:
            found = Found.of(chat)
            channel = self.channels.get(found.channel_id) if found else None
            if found and channel and channel.is_followed:
                await self._note(channel, found)

    async def mark_tracked(self, channel: TrackedChannel) -> None:
        """The channel has been compared for the first time."""
        if channel.state == "new":
            await self._turn(channel, "tracked", "")

    async def lose(self, channel: TrackedChannel, error: errors.RPCError) -> bool:
        """Note that a channel cannot be read, if that is what the refusal says."""
        if is_fatal(error) or not isinstance(error, (*NO_ACCESS, *GONE)):
            return False
        state: ChannelState = "gone" if isinstance(error, GONE) else "no_access"
        is_new = channel.is_followed
        await self._turn(channel, state, _words(error))
        if is_new and state == "gone":
            # The hash may be another account's: after a new login all are looked up again at once.
            self.ask_again(channel.channel_id)
        return True

    async def _show(self) -> None:
        """Put the channels' conditions where health shows them."""
        troubles: dict[int | str, str] = {
            channel.channel_id: f"{channel.state}: {channel.reason}"
            for channel in self.channels.values()
            if not channel.is_followed
        }
        troubles |= {key: f"unknown: {reason}" for key, reason in self._unknown.items()}
        by_bot = {str(id_): troubles.pop(id_) for id_ in await self._read_by_bot(troubles)}
        told = {str(key): why for key, why in troubles.items()}
        self._state.observed["channels"] = {
            "followed": len(self.followed()),
            "troubles": told,
            **({"by_bot": by_bot} if by_bot else {}),
        }
        alarms = self._state.alarms
        alarms.pop("channels", None)
        if told:
            names = ", ".join(f"{name} ({why})" for name, why in sorted(told.items()))
            alarms["channels"] = f"{len(told)} channels cannot be read: {names}"
        elif not self._declared.of_role("source"):
            alarms["channels"] = "no channel is declared: tpcapital channels add @name"

    async def _read_by_bot(self, troubles: Iterable[int | str]) -> set[int]:
        """Those of the source channels that the bot reads instead."""
        if not self._has_bot:
            return set()
        sources = self._sources | {each.key for each in self._declared.of_role("source")}
        ids = [key for key in troubles if isinstance(key, int) and key in sources]
        return await read_by_bot(self._outbox, ids)

    def _choose(self) -> None:
        """Show the declared channels, and no others, without replacing the ones shown."""
        enabled = [each for each in self._declared.declared if each.enabled]
        keys = {each.key for each in enabled}
        wanted = {self._ids[key] for key in keys if key in self._ids}
        sources = {each.key for each in self._declared.of_role("source")}
        self._sources = {self._ids[key] for key in sources if key in self._ids}
        self._unknown = {key: why for key, why in self._unknown.items() if key in keys}
        for gone in set(self.channels) - wanted:
            del self.channels[gone]
        for id_ in wanted - set(self.channels):
            self.channels[id_] = self._rows[id_]

    async def _find_new(self, requests: Requests) -> None:
        new = [
            each
            for each in self._declared.declared
            if each.enabled and each.key not in self._ids and self._is_due(each.key)
        ]
        self._lookup.seek({each.id for each in new if each.id is not None})
        for each in new:
            try:
                await self._adopt(each, await self._lookup.find(requests, each))
            except NotFoundError as error:
                self._delay(each.key)
                self._miss(each.key, str(error))
            except errors.RPCError as error:
                if is_fatal(error):
                    raise
                self._miss(each.key, f"Telegram refused to look it up ({name_of(error)})")

    def _miss(self, key: int | str, reason: str) -> None:
        if self._unknown.get(key) != reason:
            log.warning("channel %s: %s", key, reason, extra={"action": "channel.unknown"})
        self._unknown[key] = reason

    async def _adopt(self, declared: Declared, found: Found) -> None:
        """A declared channel has been found: its row, and where it came from."""
        channel = self._rows.setdefault(
            found.channel_id, TrackedChannel(channel_id=found.channel_id)
        )
        channel.username = channel.username or found.username
        if isinstance(declared.key, str):
            channel.username = declared.key.removeprefix("@")
        self._ids[declared.key] = found.channel_id
        self._unknown.pop(declared.key, None)
        await self._note(channel, found)
        if found.migrated_from is not None:
            row = (found.migrated_from, found.channel_id, _now_ms())
            await self._outbox.write("note_migration", [row])

    async def _look_again(self, requests: Requests, channel: TrackedChannel) -> None:
        self._delay(channel.channel_id)
        wanted = types.InputChannel(channel.bare_id, channel.access_hash)
        try:
            answer = await requests.ask(functions.channels.GetChannelsRequest([wanted]))
        except GONE:
            await self._look_up_again(requests, channel)
            return
        except errors.RPCError as error:
            if is_fatal(error):
                raise
            await self.lose(channel, error)
            return
        for chat in answer.chats:
            if (found := Found.of(chat)) and found.channel_id == channel.channel_id:
                await self._note(channel, found)

    async def _look_up_again(self, requests: Requests, channel: TrackedChannel) -> None:
        """By name, or among the dialogs: Telegram does not know it by the hash that we have."""
        for declared in self._declared.declared:
            if self._ids.get(declared.key) != channel.channel_id:
                continue
            self._lookup.seek({channel.channel_id})
            try:
                found = await self._lookup.find(requests, declared)
            except (NotFoundError, errors.BadRequestError):
                continue
            if found.channel_id == channel.channel_id:
                await self._note(channel, found)
                return

    async def _note(self, channel: TrackedChannel, found: Found) -> None:
        """Take over what is known now, and write it down if it is new."""
        before = vars(channel).copy()
        channel.title = found.title or channel.title
        channel.access_hash = found.access_hash or channel.access_hash
        channel.noforwards = found.noforwards
        if found.refusal:
            await self._turn(channel, "no_access", found.refusal)
        elif not channel.is_followed or channel.reason:
            await self._turn(channel, "new" if channel.pts is None else "tracked", "")
        elif vars(channel) != before:
            await self._write(channel)

    async def _turn(self, channel: TrackedChannel, state: ChannelState, reason: str) -> None:
        changed = (channel.state, channel.reason) != (state, reason)
        channel.state, channel.reason = state, reason
        if state in ("no_access", "gone"):
            self._delay(channel.channel_id)
        if changed:
            log.log(
                logging.INFO if channel.is_followed else logging.WARNING,
                "channel %d %s: %s",
                channel.channel_id,
                channel.title,
                f"{state}: {reason}" if reason else state,
                extra={"action": "channel.state", "channel": channel.channel_id, "state": state},
            )
        await self._write(channel)
        await self._show()

    async def _write(self, channel: TrackedChannel) -> None:
        row = (
            *(channel.channel_id, channel.access_hash, channel.title, channel.username),
            *(channel.state, channel.reason, channel.migrated_to, int(channel.noforwards)),
            _now_ms(),
        )
        await self._outbox.write("note_channel", [row])

    def _heir(self, channel_id: int) -> int:
        """The channel that a migrated one became, or the channel itself."""
        row = self._rows.get(channel_id)
        heir = row.migrated_to if row and row.state == "migrated" else None
        return heir if heir is not None and heir in self._rows else channel_id

    def _is_due(self, key: int | str) -> bool:
        return anyio.current_time() >= self._retry_at.get(key, 0.0)

    def _delay(self, key: int | str) -> None:
        self._retry_at[key] = anyio.current_time() + self._retry_seconds


def _words(error: errors.RPCError) -> str:
    if isinstance(error, GONE):
        return f"Telegram knows no such channel any more ({name_of(error)})"
    return f"private, or the account was removed or banned ({name_of(error)})"


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
