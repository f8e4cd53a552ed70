"""What crossed the wire in each released version: requests of its gateway, answers of its API.

`python -m tests.recorded_wire` records the version at hand, once, before it is released. A recorded
file is never changed after that: it stands for services that run somewhere.
"""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import msgspec

from contracts import wire
from contracts.canary import CANARY_PATH, Canary
from contracts.gateway_report import ChannelReport, GatewayReport, OutboxReport, SourceReport
from contracts.message import Message, Origin
from contracts.token_use import PATH as TOKEN_PATH
from contracts.version import current
from tests.api_process import ApiProcess
from tests.postgres import TOKEN, databases

FOLDER = Path(__file__).parent / "contracts" / "wire"
SENT = datetime(2026, 11, 16, 13, 30, tzinfo=UTC)
PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
CHANNEL = -1001234567890
SIGNAL = "Ativo: PETR4\nCompra: 30,50 a 31,00\nAlvo 1: 32,00\nStop: 29,90"
# Different at every run or words for people: nothing that a reader may rely on.
VOLATILE = {"requestId", "request_id", "detail", "message", "storedAt", "at", "since", "version"}
VOLATILE |= {"lastUsedAt", "requests"}


class Exchange(NamedTuple):
    """One request and its answer; `body` is None for a GET."""

    name: str
    path: str
    token: bool
    body: Any
    status: int
    answer: Any


def versions() -> list[Path]:
    """The recorded files, one a version."""
    return sorted(FOLDER.glob("*.json"))


def recorded(file: Path) -> list[Exchange]:
    """The exchanges of one version."""
    return [Exchange(**each) for each in json.loads(file.read_text(encoding="utf-8"))]


def with_news(value: Any) -> Any:
    """The same JSON with a field that nobody knows yet in every object; what a photo is stays."""
    if isinstance(value, dict):
        known = {n: each if n == "photos" else with_news(each) for n, each in value.items()}
        return known | {"fromLater": {"a": [1]}}
    return [with_news(each) for each in value] if isinstance(value, list) else value


def lasting(value: Any) -> Any:
    """An answer without what differs from run to run."""
    if isinstance(value, dict):
        return {name: lasting(each) for name, each in value.items() if name not in VOLATILE}
    return [lasting(each) for each in value] if isinstance(value, list) else value


def send(url: str, exchange: Exchange) -> tuple[int, Any]:
    """Status and JSON that an API answers to a recorded request."""
    headers = {"Content-Type": "application/json", "traceparent": PARENT}
    if exchange.token:
        headers[wire.TOKEN_HEADER] = TOKEN
    body = None if exchange.body is None else json.dumps(exchange.body).encode()
    request = urllib.request.Request(url + exchange.path, data=body, headers=headers)  # noqa: S310  # our own loopback URL
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310  # as above
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read())


def requests() -> Iterator[Exchange]:
    """What the gateway of this version sends, unanswered."""
    for name, message in _messages():
        yield _exchange(f"one {name}", wire.INGEST_PATH, json.loads(_sent(message)))
    batch = wire.batch_body([_sent(message) for _, message in _messages()])
    yield _exchange("a batch of them again", wire.BATCH_PATH, json.loads(batch))
    wrong = [{"channelId": 0, "messageId": 1, "text": "", "timestamp": SENT.isoformat()}]
    yield _exchange("a message that is none", wire.INGEST_PATH, wrong[0])
    wrong.append(json.loads(_sent(_message(4, "boa tarde"))))
    yield _exchange("a batch with one that is none", wire.BATCH_PATH, {"messages": wrong})
    yield _exchange("a wrong token", wire.INGEST_PATH, {}, token=False)
    yield _exchange("a report", wire.STATUS_PATH, msgspec.to_builtins(_report()))
    canary = Canary(number=3, sent_at=SENT, traceparent=PARENT)
    yield _exchange("a canary", CANARY_PATH, msgspec.to_builtins(canary))
    yield _exchange("which token", TOKEN_PATH, None)


def _exchange(name: str, path: str, body: Any, *, token: bool = True) -> Exchange:
    return Exchange(name, path, token, body, 0, None)


def _sent(message: Message) -> bytes:
    """As the relay sends it."""
    return wire.with_sequence(wire.encode(message), 7)


def _messages() -> Iterator[tuple[str, Message]]:
    yield "with the five old fields", _message(1, "bom dia")
    yield (
        "signal with everything",
        _message(
            2,
            SIGNAL,
            photos=["AgAC", {"file": "-100/2.jpg"}],
            source="user",
            media_type="photo",
            album_id="13",
            received_at=SENT,
            traceparent=PARENT,
        ),
    )
    yield "edit", _message(2, f"{SIGNAL}\n(editado)", edited_at=SENT + timedelta(seconds=9))
    origin = Origin(channel_id=CHANNEL - 1, message_id=77, timestamp=SENT, name="Mesa 🚀")
    yield "copy", _message(3, "encaminhada", origin=origin)
    yield "deletion", _message(2, "", deleted_at=SENT + timedelta(seconds=60))


def _message(number: int, text: str, **more: Any) -> Message:
    return Message(channel_id=CHANNEL, message_id=number, text=text, timestamp=SENT, **more)


def _report() -> GatewayReport:
    return GatewayReport(
        version=current(),
        sources=[SourceReport(source="user", condition="transient", reason="a", advice="b")],
        outbox=OutboxReport(pending=1, dead_letters=2, oldest_pending_at=SENT),
        channels=[ChannelReport(channel_id=CHANNEL, title="Mesa", last_message_at=SENT)],
    )


def record() -> Path:
    """Write this version's file from a real API. Raises FileExistsError: recorded is recorded."""
    with (
        databases() as found,
        found.migrated() as dsn,
        TemporaryDirectory() as folder,
        ApiProcess(dsn, Path(folder, "log")) as api,
    ):
        api.wait_until_ready()
        answered = []
        for each in requests():
            status, answer = send(api.url, each)
            answered.append(each._replace(status=status, answer=answer)._asdict())
    file = FOLDER / f"{current()}.json"
    with file.open("x", encoding="utf-8") as target:
        target.write(json.dumps(answered, indent=2, ensure_ascii=False) + "\n")
    return file


if __name__ == "__main__":
    record()
