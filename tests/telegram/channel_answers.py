"""Answers about channels: who they are, and what happened in them."""

from typing import Any

from telethon.tl import types

from tests.telegram.call import Call
from tests.telegram.channel import Channel, Event
from tests.telegram.dialog_answers import dialog
from tests.telegram.refusal import RefusedError


def channels(call: Call) -> Any:
    """channels.getChannels: a banned one as ChannelForbidden."""
    known = call.telegram.channels
    found = [known.get(asked.channel_id) for asked in call.request.id]
    for channel, asked in zip(found, call.request.id, strict=True):
        if channel is None or channel.refusal != "CHANNEL_PRIVATE":
            call.telegram.find(asked)
    return types.messages.Chats([each.entity for each in found if each])


def full_channel(call: Call) -> Any:
    """channels.getFullChannel, as far as it tells of messages."""
    channel = call.telegram.find(call.request.channel)
    full = types.ChannelFull(
        channel.id,
        about="",
        read_inbox_max_id=channel.top,
        read_outbox_max_id=0,
        unread_count=0,
        chat_photo=types.PhotoEmpty(0),
        notify_settings=types.PeerNotifySettings(),
        bot_info=[],
        pts=channel.pts,
    )
    return types.messages.ChatFull(full, [channel.entity], [])


def resolved_username(call: Call) -> Any:
    """contacts.resolveUsername: channels and people."""
    asked = call.request.username.lower()
    for channel in call.telegram.channels.values():
        if (channel.username or "").lower() == asked and channel.refusal is None:
            return types.contacts.ResolvedPeer(channel.peer, [channel.entity], [])
    for person in call.telegram.accounts.values():
        if (person.username or "").lower() == asked:
            user = person.entity(is_self=person is call.account)
            return types.contacts.ResolvedPeer(types.PeerUser(person.id), [], [user])
    raise RefusedError(400, "USERNAME_NOT_OCCUPIED")


def difference(call: Call) -> Any:
    """updates.getChannelDifference, a page at a time."""
    channel, pts = call.telegram.find(call.request.channel), call.request.pts
    if pts <= 0:
        raise RefusedError(400, "PERSISTENT_TIMESTAMP_EMPTY")
    if pts > channel.pts:
        raise RefusedError(400, "PERSISTENT_TIMESTAMP_INVALID")
    if pts == channel.pts:
        return types.updates.ChannelDifferenceEmpty(pts, final=True, timeout=channel.timeout)
    if pts < channel.pts - channel.window:
        return _too_long(channel, call.request.limit)
    events = [event for event in channel.events if event.pts > pts]
    return _page(channel, events[: min(channel.page, call.request.limit)])


def _too_long(channel: Channel, limit: int) -> Any:
    newest = sorted(channel.messages, reverse=True)[:limit]
    return types.updates.ChannelDifferenceTooLong(
        dialog(channel),
        [channel.messages[id_] for id_ in newest],
        [channel.entity],
        [],
        final=True,
        timeout=channel.timeout,
    )


def _page(channel: Channel, events: list[Event]) -> Any:
    """New messages as they are now; an edit of one of them is folded into it."""
    new = [event.ids[0] for event in events if event.kind == "new"]
    folded = {event for event in events if event.kind == "edit" and event.ids[0] in new}
    others = [channel.update(event) for event in events if event.kind != "new"]
    skip = [channel.update(event) for event in folded]
    return types.updates.ChannelDifference(
        events[-1].pts,
        [channel.messages[id_] for id_ in new if id_ in channel.messages],
        [update for update in others if update is not None and update not in skip],
        [channel.entity],
        [],
        final=events[-1].pts == channel.pts,
        timeout=channel.timeout,
    )
