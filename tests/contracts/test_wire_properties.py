"""What holds for every body, good or bad."""

import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts import wire
from contracts.errors import ContractError
from contracts.message import INT64_MAX, MAX_TEXT_BYTES, Message
from tests.contracts.strategies import messages

pytestmark = pytest.mark.fuzz
GOOD = {
    "channelId": -1001234567890,
    "messageId": 7,
    "text": "Bom dia",
    "timestamp": "2026-11-16T10:30:00-03:00",
}
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
fields = st.fixed_dictionaries(
    {}, optional=dict.fromkeys([*GOOD, "photos", "editedAt", "origin", "sequence"], anything)
)
bad = st.sampled_from(
    [
        b"{}",
        b"[]",
        b"null",
        b'{"channelId":0,"messageId":7,"text":"","timestamp":"2026-11-16T10:30:00Z"}',
        b'{"channelId":-1,"messageId":7,"text":"\\u0000","timestamp":"2026-11-16T10:30:00Z"}',
        b'{"channelId":-1,"messageId":7,"text":"","timestamp":"2026-11-16T10:30:00"}',
    ]
)


def body(**changes: Any) -> bytes:
    """A good message with some fields changed; None takes a field away."""
    changed = GOOD | changes
    return json.dumps({k: v for k, v in changed.items() if v is not None}).encode()


@given(message=messages)
def test_a_message_survives_the_wire(message: Message) -> None:
    """decode(encode(m)) == m, and the hand-built check agrees."""
    wire.check(message)
    assert wire.decode_message(wire.encode(message)) == message


@given(message=messages, sequence=st.integers(1, INT64_MAX))
def test_a_sequence_is_added_and_nothing_else_changes(message: Message, sequence: int) -> None:
    """The relay adds the row's number to bytes that it does not read."""
    message = msgspec.structs.replace(message, sequence=0)
    found = wire.decode_message(wire.with_sequence(wire.encode(message), sequence))
    assert found == msgspec.structs.replace(message, sequence=sequence)


@given(items=st.lists(messages | bad, min_size=1, max_size=8))
def test_a_bad_item_is_refused_alone(items: list[Message | bytes]) -> None:
    """Good neighbours come out as they went in; the bad one is told by its place."""
    payloads = [item if isinstance(item, bytes) else wire.encode(item) for item in items]
    found = wire.decode_batch(wire.batch_body(payloads))
    assert len(found) == len(items)
    for index, (sent, came) in enumerate(zip(items, found, strict=True)):
        if isinstance(sent, Message):
            assert came == sent
        else:
            assert isinstance(came, ContractError)
            assert came.path.startswith(f"$.messages[{index}]")


@given(content=st.binary() | anything.map(lambda value: json.dumps(value).encode()))
def test_no_bytes_raise_anything_but_a_contract_error(content: bytes) -> None:
    """Whatever arrives, the answer is a message or the fault's path."""
    _survives(content)


@given(changes=fields)
def test_no_value_in_a_field_raises_anything_but_a_contract_error(changes: dict[str, Any]) -> None:
    """The same with a body that is nearly right."""
    _survives(json.dumps(GOOD | changes).encode())
    _survives(wire.batch_body([json.dumps(GOOD | changes).encode()]))


@pytest.mark.parametrize("depth", [1_000, 100_000])
def test_deep_nesting_is_refused(depth: int) -> None:
    """A body cannot exhaust the stack."""
    nested = b"[" * depth + b"]" * depth
    _survives(nested)
    _survives(b'{"photos":' + nested + b"}")
    _survives(b'{"messages":[' + nested + b"]}")


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"text": "a\x00b"}, "$.text"),
        ({"photos": ["\x00"]}, "$.photos[0]"),
        ({"photos": [{"a": "\x00"}]}, "$.photos[0].a"),
        ({"albumId": "\x00"}, "$.albumId"),
        ({"origin": {"name": "\x00"}}, "$.origin.name"),
        ({"text": "é" * (MAX_TEXT_BYTES // 2) + "x"}, "$.text"),
        ({"text": "🚀" * (MAX_TEXT_BYTES // 4 + 1)}, "$.text"),
        ({"text": None}, "$.text"),
        ({"text": 5}, "$.text"),
        ({"timestamp": "2026-11-16T10:30:00"}, "$.timestamp"),
        ({"timestamp": "1999-12-31T23:59:59Z"}, "$.timestamp"),
        ({"timestamp": "2100-01-01T00:00:00Z"}, "$.timestamp"),
        ({"timestamp": 1_763_285_400}, "$.timestamp"),
        ({"editedAt": "2026-11-16T10:30:00"}, "$.editedAt"),
        ({"receivedAt": "0001-01-01T00:00:00Z"}, "$.receivedAt"),
        ({"messageId": "7"}, "$.messageId"),
        ({"messageId": 7.5}, "$.messageId"),
        ({"messageId": 0}, "$.messageId"),
        ({"messageId": INT64_MAX + 1}, "$.messageId"),
        ({"sequence": "1"}, "$.sequence"),
        ({"sequence": -1}, "$.sequence"),
        ({"channelId": 0}, "$.channelId"),
        ({"channelId": "0"}, "$.channelId"),
        ({"channelId": INT64_MAX + 1}, "$.channelId"),
        ({"channelId": str(INT64_MAX + 1)}, "$.channelId"),
        ({"channelId": str(-INT64_MAX - 2)}, "$.channelId"),
        ({"channelId": "minus one"}, "$.channelId"),
        ({"origin": {"channelId": 0}}, "$.origin.channelId"),
        ({"origin": {"messageId": "7"}}, "$.origin.messageId"),
        ({"origin": {"timestamp": "2026-11-16"}}, "$.origin.timestamp"),
    ],
)
def test_a_fault_is_told_with_its_path(changes: dict[str, Any], path: str) -> None:
    """Alone and as an item of a batch."""
    with pytest.raises(ContractError) as caught:
        wire.decode_message(body(**changes))
    assert caught.value.path == path
    (item,) = wire.decode_batch(wire.batch_body([body(**changes)]))
    assert isinstance(item, ContractError)
    assert item.path == f"$.messages[0]{path[1:]}"


@pytest.mark.parametrize("number", [b"NaN", b"Infinity", b"-Infinity", b"1e999", b"07", b"+7"])
@pytest.mark.parametrize("field", [b"messageId", b"channelId", b"sequence", b"photos"])
def test_numbers_that_are_none_are_refused(number: bytes, field: bytes) -> None:
    """JSON has no such numbers, and no id is beyond 64 bits; inside a photo neither."""
    value = b'[{"width":%b}]' % number if field == b"photos" else number
    with pytest.raises(ContractError):
        wire.decode_message(body()[:-1] + b',"%b":%b}' % (field, value))


@pytest.mark.parametrize("number", [-INT64_MAX - 1, -1, 1, INT64_MAX])
@pytest.mark.parametrize("kind", [int, str])
def test_ids_up_to_64_bits_are_taken(number: int, kind: type[int | str]) -> None:
    """As numbers, and the channel's as a string as well."""
    found = wire.decode_message(
        body(channelId=kind(number), messageId=abs(number) % INT64_MAX or 1)
    )
    assert found.channel_id == number


@pytest.mark.parametrize("character", ["x", "é", "€", "🚀"])
def test_a_text_of_exactly_16_kib_is_taken(character: str) -> None:
    """The limit counts bytes of UTF-8, not characters."""
    text = character * (MAX_TEXT_BYTES // len(character.encode()))
    text += "x" * (MAX_TEXT_BYTES - len(text.encode()))
    assert wire.decode_message(body(text=text)).text == text
    with pytest.raises(ContractError):
        wire.decode_message(body(text=text + "x"))


def _survives(content: bytes) -> None:
    for decode in (wire.decode_message, wire.decode_batch):
        fault = _fault(decode, content)
        assert fault is None or (fault.path.startswith("$") and fault.reason)


def _fault(decode: Callable[[bytes], object], content: bytes) -> ContractError | None:
    try:
        decode(content)
    except ContractError as error:
        return error
    return None
