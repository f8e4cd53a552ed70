"""Valid messages of every shape, for properties of the wire."""

from datetime import UTC, timedelta, timezone

from hypothesis import strategies as st

from contracts.message import EARLIEST, INT64_MAX, LATEST, MAX_PHOTOS, Message, Origin

_zones = st.integers(-23 * 60, 23 * 60).map(lambda m: timezone(timedelta(minutes=m)))
# A day inside the borders, so that no offset leads out of them.
times = st.datetimes(
    min_value=(EARLIEST + timedelta(days=1)).replace(tzinfo=None),
    max_value=(LATEST - timedelta(days=1)).replace(tzinfo=None),
    timezones=st.just(UTC) | _zones,
)
chat_ids = (
    st.sampled_from([-INT64_MAX - 1, -1, 1, INT64_MAX]) | st.integers(-INT64_MAX - 1, INT64_MAX)
).filter(bool)
message_ids = st.sampled_from([1, INT64_MAX]) | st.integers(1, INT64_MAX)
# No half characters, no U+0000; 4,096 characters are at most 16 KiB.
characters = st.characters(exclude_categories=["Cs"], exclude_characters="\x00")
texts = st.text(characters, max_size=200)
_words = st.from_regex(r"\A[a-z][a-z0-9_]{0,31}\Z")
_scalars = (
    texts
    | st.integers(-INT64_MAX - 1, INT64_MAX)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.booleans()
    | st.none()
)
_photos = st.lists(texts | st.dictionaries(texts, _scalars, max_size=4), max_size=4)
_traces = st.from_regex(r"\A[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}\Z")
_origins = st.builds(
    Origin,
    channel_id=st.none() | chat_ids,
    message_id=st.none() | message_ids,
    timestamp=st.none() | times,
    name=st.none() | texts,
)
messages = st.builds(
    Message,
    channel_id=chat_ids,
    message_id=message_ids,
    text=texts,
    timestamp=times,
    photos=_photos | st.just(["x"] * MAX_PHOTOS),
    edited_at=st.none() | times,
    source=st.none() | _words,
    media_type=st.none() | _words,
    album_id=st.none() | st.text(characters, max_size=64),
    origin=st.none() | _origins,
    received_at=st.none() | times,
    sequence=st.integers(0, INT64_MAX),
    traceparent=st.none() | _traces,
)
