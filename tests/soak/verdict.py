"""The database against the oracle's book, message by message."""

from datetime import timedelta

import msgspec

from contracts.message import Key, Message
from tests.pipeline.reference import Arrival, Standing, standing
from tests.pipeline.stored import channels_of, stored
from tests.soak.findings import Findings
from tests.soak.limits import Limits
from tests.soak.told import Book, Told


def compare(dsn: str, book: Book, limits: Limits, findings: Findings) -> None:
    """Everything that was told is stored, as it was told, and nothing else."""
    for channel in channels_of(dsn) - set(book.channels):
        findings.note("spurious", f"channel {channel}")
    for channel, messages in book.channels.items():
        found = stored(dsn, [channel])  # it fails when anything is there twice
        for number in {key.message_id for key in found} - set(messages):
            findings.note("spurious", f"{channel}/{number}: {found[Key(channel, number)]}")
        for number, told in messages.items():
            key = Key(channel, number)
            if (told.is_deleted or not told.by_bot) and limits.excuse(key, told.pts):
                findings.excused["changed beyond the newest 300 in a gap"] += 1
            else:
                _judge(key, told, found.get(key), findings)


def _judge(key: Key, told: Told, found: Standing | None, findings: Findings) -> None:
    """One message."""
    where = f"{key.channel_id}/{key.message_id}"
    if found is None or not found.texts:
        _judge_absent(where, told, found, findings)
        return
    texts = [version.text for version in told.versions]
    if strange := found.texts - set(texts):
        findings.note("corrupted", f"{where} has {strange}, told was {texts}")
        return
    needed = set(texts) if told.by_bot else {told.last.text} - _unseen(told)
    if lost := needed - found.texts:
        findings.note("missing", f"{where}: {lost}")
    elif found.text != told.last.text and told.last.text in found.texts:
        findings.note("out of order", f"{where} shows {found.text!r}, last was {texts[-1]!r}")
    elif told.is_deleted != (found.deleted_at is not None):
        kind = "missing" if told.is_deleted else "spurious"
        findings.note(kind, f"{where}: its deletion")
    elif found != (due := _foretold(key, told, found)):
        findings.note("corrupted", f"{where} is {found}, due is {due}")


def _unseen(told: Told) -> set[str]:
    """The text that a deletion can have come before: nobody can read it any more."""
    return {told.last.text} if told.is_deleted else set()


def _judge_absent(where: str, told: Told, found: Standing | None, findings: Findings) -> None:
    if told.by_bot or told.is_confirmed or not told.is_deleted:
        findings.note("missing", f"{where}: {told}")
        return
    findings.excused["deleted before anybody looked"] += 1
    if found is not None and found.deleted_at is None:
        findings.note("corrupted", f"{where} has neither text nor deletion: {found}")


def _foretold(key: Key, told: Told, found: Standing) -> Standing | None:
    """How the message stands after those of its texts that arrived."""
    first = Message(
        channel_id=key.channel_id, message_id=key.message_id, text="", timestamp=told.date
    )
    arrived = [
        msgspec.structs.replace(first, text=text, edited_at=edited_at)
        for text, edited_at in told.versions
        if text in found.texts
    ]
    if found.deleted_at:
        noticed = max(found.deleted_at, told.date + timedelta(microseconds=1))
        arrived.append(msgspec.structs.replace(first, deleted_at=noticed))
    return standing(Arrival(number, message) for number, message in enumerate(arrived, 1))
