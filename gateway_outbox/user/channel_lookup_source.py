"""Finding a declared channel at Telegram: by its public name, or by its id among the dialogs."""

from typing import Any, NamedTuple

from telethon import errors, utils
from telethon.tl import functions, types

from gateway_outbox.channels_file import Declared
from gateway_outbox.user.request_source import Requests
from gateway_outbox.user.tracked_channel import MARK

PAGE = 100
MAX_PAGES = 100
NOT_A_MEMBER = "the account is not a member; join the channel in Telegram with it"


class NotFoundError(Exception):
    """Why a declared channel cannot be followed, in words for its operator."""


class Found(NamedTuple):
    """A channel as Telegram describes it; `refusal` says why it cannot be read."""

    channel_id: int
    access_hash: int | None
    title: str = ""
    username: str | None = None
    noforwards: bool = False
    refusal: str = ""
    migrated_from: int | None = None

    @classmethod
    def of(cls, chat: object) -> "Found | None":
        """None for what is no channel, or only the shadow of one (`min`)."""
        if isinstance(chat, types.ChannelForbidden):
            refusal = "private, or the account was removed or banned"
            return cls(-MARK - chat.id, chat.access_hash, chat.title, refusal=refusal)
        if not isinstance(chat, types.Channel) or chat.min:
            return None
        refusal = NOT_A_MEMBER if chat.left else ""
        own = (-MARK - chat.id, chat.access_hash, chat.title, chat.username)
        return cls(*own, bool(chat.noforwards), refusal)


class ChannelLookup:
    """Looks channels up, and remembers where its pass over the dialogs was interrupted."""

    def __init__(self) -> None:
        self._sought: set[int] = set()
        self._seen: dict[int, Found] = {}
        self._place: dict[str, Any] | None = None

    def seek(self, channel_ids: set[int]) -> None:
        """These ids are wanted: one pass over the dialogs looks for all of them.

        The same ids again go on with a pass that was interrupted; others begin a new one, and so
        does everything after a whole pass: what it did not find may have been joined since.
        """
        is_through = self._place == {}
        if is_through or channel_ids - self._sought:
            self._place = None
            self._seen.clear()
        self._sought = channel_ids

    async def find(self, requests: Requests, declared: Declared) -> Found:
        """The channel. Raises NotFoundError with the reason, or Telethon's errors."""
        if declared.id is None:
            return await self._by_name(requests, declared.name or "")
        if declared.id > -MARK:
            return await self._by_group(requests, declared.id)
        cached = await self._by_session(requests, declared.id)
        return cached or await self._by_dialogs(requests, declared.id)

    async def _by_name(self, requests: Requests, name: str) -> Found:
        request = functions.contacts.ResolveUsernameRequest(name.removeprefix("@"))
        try:
            answer = await requests.ask(request)
        except (errors.UsernameNotOccupiedError, errors.UsernameInvalidError):
            raise NotFoundError(f"gone: nobody has the name {name} now") from None
        for chat in answer.chats:
            if found := Found.of(chat):
                return found
        raise NotFoundError(f"{name} is a person or a bot, no channel")

    async def _by_group(self, requests: Requests, group_id: int) -> Found:
        """The supergroup that a basic group became."""
        try:
            answer = await requests.ask(functions.messages.GetChatsRequest([-group_id]))
        except errors.BadRequestError:
            raise NotFoundError("Telegram knows no such group for this account") from None
        for chat in answer.chats:
            heir = getattr(chat, "migrated_to", None)
            if isinstance(heir, types.InputChannel):
                title = str(getattr(chat, "title", ""))
                own = (-MARK - heir.channel_id, heir.access_hash, title)
                return Found(*own, migrated_from=group_id)
        raise NotFoundError(
            "a basic group, whose messages have numbers of one account's own;"
            " make it a supergroup in Telegram (any change of its history settings does)"
        )

    async def _by_session(self, requests: Requests, channel_id: int) -> Found | None:
        """By the access hash that the session has seen before."""
        try:
            peer = requests.client.session.get_input_entity(types.PeerChannel(-channel_id - MARK))
        except ValueError:
            return None
        wanted = types.InputChannel(peer.channel_id, peer.access_hash)
        try:
            answer = await requests.ask(functions.channels.GetChannelsRequest([wanted]))
        except errors.ChannelPrivateError:
            return Found(channel_id, peer.access_hash, refusal="private, or the account was banned")
        except errors.ChannelInvalidError:
            return None
        return next((found for chat in answer.chats if (found := Found.of(chat))), None)

    async def _by_dialogs(self, requests: Requests, channel_id: int) -> Found:
        pages = 0
        while channel_id not in self._seen and pages < MAX_PAGES:
            if not await self._next_page(requests):
                break
            pages += 1
        if channel_id in self._seen:
            return self._seen[channel_id]
        raise NotFoundError(f"not among the account's chats: {NOT_A_MEMBER}")

    async def _next_page(self, requests: Requests) -> bool:
        """One page of the account's dialogs; False when all have been seen.

        The place is moved only by an answer: what interrupts the pass does not begin it anew.
        """
        if self._place is None:
            self._place = {"offset_date": None, "offset_id": 0, "offset_peer": _NOBODY}
        if not self._place:
            return False
        request = functions.messages.GetDialogsRequest(limit=PAGE, hash=0, **self._place)
        answer = await requests.ask(request)
        found = [each for chat in answer.chats if (each := Found.of(chat))]
        self._seen |= {each.channel_id: each for each in found}
        self._place = _next_place(answer)
        return True


_NOBODY = types.InputPeerEmpty()


def _next_place(answer: Any) -> dict[str, Any]:
    """Where the next page begins; nothing where this was the last one."""
    if not isinstance(answer, types.messages.DialogsSlice) or len(answer.dialogs) < PAGE:
        return {}
    entities = {utils.get_peer_id(each): each for each in (*answer.users, *answer.chats)}
    messages = {(utils.get_peer_id(m.peer_id), m.id): m for m in answer.messages}
    for dialog in reversed(answer.dialogs):
        peer = utils.get_peer_id(dialog.peer)
        message = messages.get((peer, dialog.top_message))
        if message is not None and peer in entities:
            offset_peer = utils.get_input_peer(entities[peer])
            return {
                "offset_date": message.date,
                "offset_id": message.id,
                "offset_peer": offset_peer,
            }
    return {}
