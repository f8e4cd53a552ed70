"""Bytes to messages and back."""

import json
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts import wire
from contracts.errors import ContractError
from contracts.message import EARLIEST, INT64_MAX, LATEST, Message, Origin
from tests.messages import CHANNEL, message

BODY = {
    "channelId": CHANNEL,
    "messageId": 7,
    "text": "PETR4 compra",
    "timestamp": "2026-11-16T10:30:00-03:00",
    "photos": [],
}
IDS = st.integers(-(2**63), INT64_MAX).filter(bool)
TIMES = st.datetimes(EARLIEST.replace(tzinfo=None), datetime(2099, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001  # hypothesis adds the zone
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=4000)
ORIGINS = st.builds(
    Origin,
    channel_id=st.none() | IDS,
    timestamp=st.none() | TIMES,
    name=st.none() | TEXTS.map(lambda t: t[:256]),
)
MESSAGES = st.builds(
    Message,
    channel_id=IDS,
    message_id=st.integers(1, INT64_MAX),
    text=TEXTS,
    timestamp=TIMES,
    edited_at=st.none() | TIMES,
    received_at=st.none() | TIMES,
    origin=st.none() | ORIGINS,
    sequence=st.integers(0, INT64_MAX),
)


def fault(**changes: Any) -> ContractError:
    """Why the body with these changes is refused; None as a value leaves the field out."""
    body = {name: value for name, value in {**BODY, **changes}.items() if value is not None}
    with pytest.raises(ContractError) as caught:
        wire.decode_message(json.dumps(body).encode())
    return caught.value


@given(MESSAGES)
def test_what_is_encoded_is_decoded(sent: Message) -> None:
    """Nothing is lost or changed on the wire."""
    assert wire.decode_message(wire.encode(sent)) == sent
    wire.check(sent)


def test_the_proposal_s_five_fields_are_enough() -> None:
    """The channel's id as number or text; the order and further fields do not matter."""
    found = wire.decode_message(json.dumps(BODY).encode())
    assert found.timestamp.astimezone(UTC) == datetime(2026, 11, 16, 13, 30, tzinfo=UTC)
    as_text = wire.decode_message(
        json.dumps({"new": 1, **BODY, "channelId": str(CHANNEL)}).encode()
    )
    assert as_text == found


def test_an_empty_text_is_a_message() -> None:
    """A photo without caption."""
    assert wire.decode_message(json.dumps({**BODY, "text": ""}).encode()).text == ""


@pytest.mark.parametrize(
    ("changes", "path", "reason"),
    [
        ({"channelId": None}, "$.channelId", "is required"),
        ({"text": None}, "$.text", "is required"),
        ({"timestamp": None}, "$.timestamp", "is required"),
        ({"channelId": 0}, "$.channelId", "must be a 64-bit id in the marked form"),
        ({"channelId": "9" * 19}, "$.channelId", "must be a 64-bit id in the marked form"),
        ({"channelId": "12a"}, "$.channelId", "matching regex"),
        ({"channelId": 1.5}, "$.channelId", "Expected `int | str`"),
        ({"messageId": 0}, "$.messageId", ">= 1"),
        ({"messageId": "7"}, "$.messageId", "Expected `int`, got `str`"),
        ({"messageId": 2**63}, "$.messageId", "<= 9223372036854775807"),
        ({"text": 5}, "$.text", "Expected `str`"),
        ({"text": "é" * 9000}, "$.text", "18000 bytes; the limit is 16384"),
        ({"text": "a\x00b"}, "$.text", "holds U+0000"),
        ({"timestamp": "2026-11-16T10:30:00"}, "$.timestamp", "timezone"),
        ({"timestamp": "1999-12-31T23:59:59Z"}, "$.timestamp", "between 2000 and 2100"),
        ({"timestamp": 1763300000}, "$.timestamp", "Expected `datetime`"),
        ({"editedAt": "2100-01-01T00:00:00Z"}, "$.editedAt", "between 2000 and 2100"),
        ({"receivedAt": "1970-01-01T00:00:00Z"}, "$.receivedAt", "between 2000 and 2100"),
        ({"photos": ["x"] * 65}, "$.photos", "length <= 64"),
        ({"photos": [{"a": "\x00"}]}, "$.photos[0].a", "holds U+0000"),
        ({"photos": [{"\x00": 1}]}, "$.photos[0] (a key)", "holds U+0000"),
        ({"source": "Bot"}, "$.source", "matching regex"),
        ({"sequence": -1}, "$.sequence", ">= 0"),
        ({"traceparent": "00-xyz"}, "$.traceparent", "matching regex"),
        ({"origin": {"channelId": 0}}, "$.origin.channelId", "must be a 64-bit id"),
        ({"origin": {"timestamp": "1990-01-01T00:00:00Z"}}, "$.origin.timestamp", "between"),
        ({"origin": {"name": "x" * 257}}, "$.origin.name", "length <= 256"),
    ],
)
def test_each_fault_has_its_path_and_reason(
    changes: dict[str, Any], path: str, reason: str
) -> None:
    """What the sender reads in the problem."""
    error = fault(**changes)
    assert error.path == path
    assert reason in error.reason


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b"\xff", b'{"text":"\xff"}', b"NaN", b"[" * 100_000]
)
def test_what_is_no_message_is_refused(body: bytes) -> None:
    """At its root, whatever the bytes."""
    with pytest.raises(ContractError) as caught:
        wire.decode_message(body)
    assert caught.value.path.startswith("$")


@given(st.binary(max_size=200))
def test_decoding_never_raises_anything_else(body: bytes) -> None:
    """ContractError is all that a handler has to know."""
    for decode in (wire.decode_message, wire.decode_batch):
        try:
            decode(body)
        except ContractError as error:
            assert error.reason  # noqa: PT017  # either a value or this error, both are right


def test_the_sequence_is_added_to_encoded_bytes() -> None:
    """The outbox row's number is known only after the row."""
    found = wire.decode_message(wire.with_sequence(wire.encode(message(1)), 42))
    assert found == msgspec.structs.replace(message(1), sequence=42)


def test_a_batch_is_decoded_item_by_item() -> None:
    """A bad item is its own error, with its place; its neighbours are messages."""
    good = wire.encode(message(1))
    one, bad, broken, other = wire.decode_batch(
        wire.batch_body([good, b'{"text":1}', b'{"channelId":0,' + good.split(b",", 1)[1], good])
    )
    assert one == other == message(1)
    assert isinstance(bad, ContractError)
    assert bad.path.startswith("$.messages[1]")
    assert isinstance(broken, ContractError)
    assert broken.path == "$.messages[2].channelId"


@pytest.mark.parametrize(
    ("body", "path", "reason"),
    [
        (b"{}", "$.messages", "is required"),
        (b'{"messages":[]}', "$.messages", "0 messages; a batch holds 1 to 500"),
        (wire.batch_body([b"1"] * 501), "$.messages", "501 messages; a batch holds 1 to 500"),
        (b'{"messages":{}}', "$.messages", "Expected `array`"),
        (b"{", "$", "truncated"),
    ],
)
def test_an_envelope_s_fault_is_the_whole_batch_s(body: bytes, path: str, reason: str) -> None:
    """Nothing of it is taken."""
    with pytest.raises(ContractError) as caught:
        wire.decode_batch(body)
    assert caught.value.path == path
    assert reason in caught.value.reason


def test_a_message_built_by_hand_is_checked_as_if_sent() -> None:
    """Types and rules, half a character, and the size as JSON."""
    wire.check(message(1))
    with pytest.raises(ContractError, match=r"\$\.messageId"):
        wire.check(msgspec.structs.replace(message(1), message_id=0))
    with pytest.raises(ContractError, match="half a character"):
        wire.check(message(1, "\ud800"))
    large = msgspec.structs.replace(message(1), photos=["x" * 3000] * 64)
    with pytest.raises(ContractError, match=r"bytes as JSON; the limit is 131072"):
        wire.check(large)


def test_the_latest_time_is_out_of_range() -> None:
    """The end is not part of the range."""
    assert fault(timestamp=LATEST.isoformat()).path == "$.timestamp"
