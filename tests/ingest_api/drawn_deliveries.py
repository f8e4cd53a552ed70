"""Deliveries for hypothesis to draw: three messages' versions, repetitions and deletions."""

from datetime import timedelta

from hypothesis import strategies

from contracts.message import Origin
from tests.ingest_api.messages import CHATTER, OTHER_SIGNAL, SENT_AT, SIGNAL, delivery, tombstone

# Texts whose digests are equal (blanks at the ends), signals, malformed ones and chatter.
TEXTS = (
    SIGNAL,
    f"{SIGNAL}  ",
    OTHER_SIGNAL,
    CHATTER,
    "",
    "Ativo: PETR4\nCompra: 1,2,3,4\nStop: x",
    "Ativo: PETR4\nCompra: 1,2,3,5\nStop: x",
)
_PARENTS = [f"00-{'0af7651916cd43dd8448eb211c80319c'}-b7ad6b716920333{n}-01" for n in range(2)]

_messages = strategies.builds(
    delivery,
    message_id=strategies.integers(1, 3),
    text=strategies.sampled_from(TEXTS),
    edited=strategies.sampled_from([None, 60, 120]),
    sequence=strategies.integers(0, 2),
    source=strategies.sampled_from(["bot", "user"]),
    photos=strategies.sampled_from([[], ["AgAC"], ["AgAC", {"file": "-100/2.jpg"}]]),
    media_type=strategies.sampled_from([None, "photo", "video"]),
    album_id=strategies.sampled_from([None, "13", "14"]),
    origin=strategies.sampled_from([None, Origin(name="Mesa"), Origin(name="Sala")]),
    received_at=strategies.sampled_from([None, SENT_AT + timedelta(seconds=2)]),
    traceparent=strategies.sampled_from([None, *_PARENTS]),
)
DELIVERIES = _messages | strategies.builds(
    tombstone, message_id=strategies.integers(1, 3), deleted=strategies.sampled_from([-60, 90, 600])
)
