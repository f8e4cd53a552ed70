"""The answer to a request to forward."""

import copy
from typing import Any

from telethon.tl import types

from tests.telegram.call import Call
from tests.telegram.channel import Channel
from tests.telegram.refusal import RefusedError
from tests.telegram.world import told


def forwarded(call: Call) -> Any:
    """messages.forwardMessages: copies in the order asked for, each random id only once, ever.

    Messages that are gone are left out, unless all are. Albums stay together under new group ids.
    """
    asked, telegram = call.request, call.telegram
    source, target = telegram.find(asked.from_peer), telegram.find(asked.to_peer)
    _check(call, source, target)
    groups: dict[int | None, int | None] = {None: None}
    updates: list[Any] = []
    for id_, random_id in zip(asked.id, asked.random_id, strict=True):
        message = source.messages.get(id_)
        if isinstance(message, types.Message):
            groups.setdefault(message.grouped_id, telegram.hash())
            fields = _fields(source, message, asked) | {"grouped_id": groups[message.grouped_id]}
            made = target.post(message.message, push=False, **fields)
            new = target.update(target.events[-1])
            updates += [types.UpdateMessageID(made.id, random_id), new]
    if not updates:
        raise RefusedError(400, "MESSAGE_ID_INVALID")
    telegram.random_ids.update((call.account.id, each) for each in asked.random_id)
    call.tell_others(told(updates[1::2], target))
    return told(updates, source, target)


def _check(call: Call, source: Channel, target: Channel) -> None:
    asked = call.request
    if source.noforwards:
        raise RefusedError(400, "CHAT_FORWARDS_RESTRICTED")
    if not target.writable:
        raise RefusedError(403, "CHAT_WRITE_FORBIDDEN")
    if len(asked.id) != len(asked.random_id):
        raise RefusedError(400, "RANDOM_ID_INVALID")
    used = {(call.account.id, each) for each in asked.random_id} & call.telegram.random_ids
    if used:
        raise RefusedError(500, "RANDOM_ID_DUPLICATE")


def _fields(source: Channel, message: Any, asked: Any) -> dict[str, Any]:
    """What a copy takes over, and where it says that it came from: the first author."""
    origin = copy.copy(message.fwd_from) or types.MessageFwdHeader(
        message.date, from_id=source.peer, channel_post=message.id
    )
    kept = ("media", "entities", "rich_message")
    fields = {name: getattr(message, name) for name in kept}
    return {**fields, "fwd_from": None if asked.drop_author else origin, "silent": asked.silent}
