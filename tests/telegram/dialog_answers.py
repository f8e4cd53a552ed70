"""Answers with dialogs: the channels that the account has joined."""

from datetime import UTC, datetime
from typing import Any

from telethon.tl import types

from tests.telegram.account_answers import state
from tests.telegram.call import Call
from tests.telegram.channel import Channel

MOST = 100
_NEVER = datetime.fromtimestamp(0, UTC)


def peer_dialogs(call: Call) -> Any:
    """messages.getPeerDialogs: one bad peer refuses them all."""
    found = [call.telegram.find(asked.peer) for asked in call.request.peers]
    return types.messages.PeerDialogs(*_lists(found), state(call))


def dialogs(call: Call) -> Any:
    """messages.getDialogs, newest first, a page after the offset's peer."""
    everything = sorted(
        (each for each in call.telegram.channels.values() if each.joined and not each.refusal),
        key=lambda each: (_date(each), each.id),
        reverse=True,
    )
    start = 1 + next(
        (
            place
            for place, each in enumerate(everything)
            if each.id == getattr(call.request.offset_peer, "channel_id", None)
        ),
        -1,
    )
    page = everything[start : start + min(call.request.limit, MOST)]
    if len(page) == len(everything):
        return types.messages.Dialogs(*_lists(page))
    return types.messages.DialogsSlice(len(everything), *_lists(page))


def dialog(channel: Channel) -> Any:
    """The channel's line in the list of dialogs."""
    return types.Dialog(
        channel.peer,
        top_message=channel.top,
        read_inbox_max_id=channel.top,
        read_outbox_max_id=0,
        unread_count=0,
        unread_mentions_count=0,
        unread_reactions_count=0,
        unread_poll_votes_count=0,
        notify_settings=types.PeerNotifySettings(),
        pts=channel.pts,
    )


def _date(channel: Channel) -> datetime:
    top = channel.messages.get(channel.top)
    date: datetime = top.date if top else _NEVER
    return date


def _lists(found: list[Channel]) -> tuple[list[Any], ...]:
    """Dialogs, messages, chats and users, as every such answer has them."""
    messages = [each.messages[each.top] for each in found if each.top]
    return [dialog(each) for each in found], messages, [each.entity for each in found], []
