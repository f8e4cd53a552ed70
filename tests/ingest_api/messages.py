"""Messages and deliveries for the API's tests."""

from datetime import UTC, datetime, timedelta
from typing import Any

from contracts.message import Message
from ingest_api.ingest.delivery import Delivery

CHANNEL = -1001234567890
SENT_AT = datetime(2025, 10, 25, 13, 0, tzinfo=UTC)
CHATTER = "Bom dia, pessoal! O mercado abre em alta."
SIGNAL = (
    "🟢Swing Trade\n\nAtivo: PETRW385\nCompra: 0,84 a 0,87\nAlvo 1: 0,98\nAlvo 2: 1,60\n"
    "Alvo final: 2,75\n\nStop: 0,52"
)
OTHER_SIGNAL = "Ativo: VALEX640\nCompra: 1,12 a 1,15\nAlvo 1: 1,305\nStop: 0,95"


def message(message_id: int = 1, text: str = SIGNAL, **fields: Any) -> Message:
    """A message sent at SENT_AT; `edited` is the seconds after which it was edited."""
    edited = fields.pop("edited", None)
    if edited is not None:
        fields["edited_at"] = SENT_AT + timedelta(seconds=edited)
    known: dict[str, Any] = {"channel_id": CHANNEL, "timestamp": SENT_AT, "source": "user"}
    return Message(message_id=message_id, text=text, **(known | fields))


def delivery(message_id: int = 1, text: str = SIGNAL, **fields: Any) -> Delivery:
    """That message as the store takes it."""
    return Delivery.of(message(message_id, text, **fields))


def body(message_id: int = 1, text: str = SIGNAL, **fields: Any) -> dict[str, Any]:
    """The proposal's five fields, as a gateway would send them."""
    known = {"channelId": CHANNEL, "timestamp": "2025-10-25T13:00:00Z", "photos": []}
    return {"messageId": message_id, "text": text, **(known | fields)}


def tombstone(message_id: int = 1, deleted: int = 600, **fields: Any) -> Delivery:
    """That message's deletion, noticed `deleted` seconds after SENT_AT; its time is a guess."""
    noticed = SENT_AT + timedelta(seconds=deleted)
    return delivery(message_id, "", deleted_at=noticed, timestamp=noticed, **fields)
