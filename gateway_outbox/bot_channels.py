"""Which channels the bot reads, as the bot notes it and the user session asks for it.

Noted in the outbox, for a channel may say nothing for days and the gateway start again meanwhile.
"""

from collections.abc import Iterable, Mapping

from gateway_outbox.outbox.outbox import Outbox

Rows = list[tuple[object, ...]]


def notes(hears: Mapping[int, bool], now_ms: int) -> list[tuple[str, Rows]]:
    """What to commit with a batch that told whether the bot hears these channels."""
    heard: Rows = [(_mark(id_), now_ms) for id_, is_heard in hears.items() if is_heard]
    lost: Rows = [(_mark(id_),) for id_, is_heard in hears.items() if not is_heard]
    return [("mark", heard), ("forget_mark", lost)]


async def read_by_bot(outbox: Outbox, channel_ids: Iterable[int]) -> set[int]:
    """Those of the channels that the bot reads."""
    return {id_ for id_ in channel_ids if await outbox.read("marked", (_mark(id_),))}


def _mark(channel_id: int) -> str:
    return f"bot_reads:{channel_id}"
