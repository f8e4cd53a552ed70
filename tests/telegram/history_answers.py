"""Answers with messages of a channel."""

from typing import Any

from telethon.tl import types

from tests.telegram.call import Call
from tests.telegram.channel import Channel

MOST = 100


def history(call: Call) -> Any:
    """messages.getHistory: newest first, a window of `limit` around the offset.

    core.telegram.org/api/offsets. `min_id` and `max_id` (both exclusive) take away from that
    window, as they do at Telegram; they do not move it.
    """
    asked = call.request
    channel = call.telegram.find(asked.peer)
    ids = sorted(channel.messages, reverse=True)
    start = max(_offset(channel, ids, asked) + asked.add_offset, 0)
    end = max(_offset(channel, ids, asked) + asked.add_offset + min(asked.limit, MOST), 0)
    window = [
        channel.messages[id_]
        for id_ in ids[start:end]
        if id_ > asked.min_id and (not asked.max_id or id_ < asked.max_id)
    ]
    return _answer(channel, window, len(ids))


def messages(call: Call) -> Any:
    """channels.getMessages: MessageEmpty for those that are not there."""
    channel = call.telegram.find(call.request.channel)
    ids = [getattr(each, "id", each) for each in call.request.id]
    empty = {id_: types.MessageEmpty(id_, peer_id=channel.peer) for id_ in ids}
    return _answer(channel, [{**empty, **channel.messages}[id_] for id_ in ids], len(ids))


def _offset(channel: Channel, ids: list[int], asked: Any) -> int:
    """How many messages are newer than the offset, which itself is not part of the answer."""
    if asked.offset_id:
        return sum(id_ >= asked.offset_id for id_ in ids)
    if asked.offset_date and asked.offset_date.timestamp() > 0:
        return sum(channel.messages[id_].date >= asked.offset_date for id_ in ids)
    return 0


def _answer(channel: Channel, found: list[Any], count: int) -> Any:
    return types.messages.ChannelMessages(
        pts=channel.pts, count=count, messages=found, topics=[], chats=[channel.entity], users=[]
    )
