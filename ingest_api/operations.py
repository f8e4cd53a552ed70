"""Every operation of the API, for its published description: what it takes and answers."""

from typing import Annotated, Any, Literal, NamedTuple

import msgspec

from contracts import token_use, wire
from contracts.canary import CANARY_PATH, Canary, CanaryStored
from contracts.gateway_report import GatewayReply, GatewayReport
from contracts.message import Message
from ingest_api import forwarded_messages as messages
from ingest_api import gateway_views as gateway
from ingest_api import health, signals
from ingest_api import registered_bot as bots
from ingest_api import registered_channel as channels
from ingest_api.catalog import MAX_LIMIT
from ingest_api.log_ring import LogsAnswer
from ingest_api.rescan import ScanAnswer
from ingest_api.signal_channels import SignalChannelsAnswer

Parameter = tuple[str, dict[str, Any], str]


class Batch(msgspec.Struct, rename="camel"):
    """The body of POST /ingest/batch: each message is refused alone."""

    messages: Annotated[
        list[Message], msgspec.Meta(min_length=1, max_length=wire.MAX_BATCH_MESSAGES)
    ]


class Operation(NamedTuple):
    """One method of one path; `same_shape` are statuses whose body is the answer's too."""

    method: Literal["get", "post", "put", "delete"]
    path: str
    summary: str
    answer: Any = None
    access: Literal["gateway", "write", "read", "open"] = "open"
    body: Any = None
    query: tuple[Parameter, ...] = ()
    status: int = 200
    description: str = "done"
    media_type: str = "application/json"
    headers: dict[str, Any] | None = None
    same_shape: tuple[int, ...] = ()
    refusals: tuple[int, ...] = ()
    never: tuple[int, ...] = ()


def _text(name: str, longest: int, description: str) -> Parameter:
    return name, {"type": "string", "minLength": 1, "maxLength": longest}, description


def _limit(most: int, default: int) -> Parameter:
    schema = {"type": "integer", "minimum": 1, "maximum": most, "default": default}
    return "limit", schema, "how many at most"


_TIME = "a date (a day in São Paulo), an ISO 8601 time, or epoch seconds or milliseconds"
_FROM: Parameter = ("from", {"type": "string"}, f"not older than {_TIME}")
_TO: Parameter = ("to", {"type": "string"}, f"not newer than {_TIME}")
_WITHDRAWN: Parameter = (
    "include",
    {"type": "string", "enum": ["withdrawn"]},
    "deleted and withdrawn signals too",
)
SIGNAL_FILTERS: tuple[Parameter, ...] = (
    _limit(MAX_LIMIT, MAX_LIMIT),
    _text("channel", 100, "the chat id as text"),
    _text("type", 50, "the signal type, as in the rows"),
    _text("asset", 50, "the asset's code, as in the rows"),
    _text("search", 100, "a part of the asset or the text, in any case"),
    _FROM,
    _TO,
    ("cursor", {"type": "string"}, "continue after the row with this cursor"),
    _WITHDRAWN,
)
_WRITTEN = {
    "Ingest-Written": {
        "description": "how many of them added a message or a text",
        "schema": {"type": "integer"},
    }
}
_BATCH = f"Store 1 to {wire.MAX_BATCH_MESSAGES} messages; each is refused alone"


def _change(path: str, what: str, body: Any, answer: Any) -> tuple[Operation, Operation]:
    return (
        Operation("put", path, f"Change {what}", answer, "write", body, refusals=(404,)),
        Operation("delete", path, f"Take {what} off the list", answer, "write", refusals=(404,)),
    )


def _probe(path: str, summary: str, answer: Any) -> Operation:
    """An operation that answers 503 in the shape of its 200, and is never too often."""
    return Operation("get", path, summary, answer, same_shape=(503,), never=(421, 429))


_SERVICE = (
    Operation("get", "/", "What this is", health.ServiceInfo),
    _probe("/health", "What works and what does not", health.HealthAnswer),
    Operation(
        "get", "/healthz", "Whether the process answers", health.AliveAnswer, never=(421, 429)
    ),
    _probe("/ready", "Whether the database answers", health.HealthAnswer),
    Operation("get", "/livez", "Whether the process answers", health.ReadyAnswer, never=(421, 429)),
    _probe("/readyz", "Whether a message would be stored now", health.ReadyAnswer),
    Operation(
        "get", "/metrics", "Prometheus metrics", str, media_type="text/plain", never=(421, 429)
    ),
    Operation("get", "/openapi.json", "This description"),
)
_GATEWAY = (
    Operation(
        "post",
        wire.INGEST_PATH,
        "Store one message; 200 once it is committed, or was before",
        wire.Accepted,
        "gateway",
        Message,
    ),
    Operation(
        "post", wire.BATCH_PATH, _BATCH, wire.BatchAccepted, "gateway", Batch, headers=_WRITTEN
    ),
    Operation(
        "post",
        CANARY_PATH,
        "Commit a canary, which is no message, where messages are committed",
        CanaryStored,
        "gateway",
        Canary,
    ),
    Operation(
        "get",
        token_use.PATH,
        "Which of the accepted tokens this is, and when each was last used",
        token_use.TokenUse,
        "gateway",
        never=(400, 413, 415, 503),
    ),
    Operation(
        "post",
        wire.STATUS_PATH,
        "Report the gateway's state, and take along what is asked of it",
        GatewayReply,
        "gateway",
        GatewayReport,
    ),
)
_SIGNALS = (
    Operation(
        "get",
        "/signals",
        "Signals on the list, newest first",
        signals.SignalsAnswer,
        "read",
        query=SIGNAL_FILTERS,
    ),
    Operation(
        "delete",
        "/signals",
        "Take the signal that shows this time off the list",
        signals.Done,
        "write",
        signals.Deletion,
        refusals=(404, 409),
    ),
    Operation(
        "post",
        "/signals/{id}/restore",
        "Put a signal back on the list, whoever withdrew it",
        signals.Done,
        "write",
        refusals=(404,),
    ),
    Operation("post", "/clean-signals", "Take every signal off the list", signals.Cleaned, "write"),
    Operation(
        "get",
        "/signals/stream",
        "Signals as they change, as server-sent events; Last-Event-ID resumes",
        str,
        "read",
        media_type="text/event-stream",
    ),
)
_READS = (
    Operation(
        "get",
        "/forwarded-messages",
        "Messages, newest first",
        messages.MessagesAnswer,
        "read",
        query=(
            _limit(messages.MAX_LIMIT, messages.DEFAULT_LIMIT),
            ("channelId", {"type": "string"}, "the chat id"),
            _FROM,
            _TO,
        ),
    ),
    Operation("get", "/channels", "Where signals came from", SignalChannelsAnswer, "read"),
    Operation("get", "/bots", "Whether a bot receives messages", gateway.BotStateAnswer, "read"),
    Operation(
        "get",
        "/config/channels",
        "The channels that the gateway has declared",
        gateway.ConfiguredChannelsAnswer,
        "read",
    ),
    Operation(
        "get",
        "/logs",
        "The last lines of this process's log",
        LogsAnswer,
        "read",
        query=(_limit(10_000, 10_000), _text("level", 20, "fatal, error, warn, info or debug")),
    ),
    Operation(
        "get",
        "/telegram-images/{name}",
        "A photo that the gateway downloaded",
        str,
        "read",
        media_type="image/*",
        refusals=(404, 405),
    ),
)
_ACTIONS = (
    Operation(
        "post",
        "/sync-messages",
        "Have the gateway compare every channel with Telegram",
        gateway.SyncAnswer,
        "write",
    ),
    Operation(
        "post",
        "/reload-channels",
        "Have the gateway read its channels again",
        gateway.ReloadAnswer,
        "write",
    ),
    Operation(
        "post",
        "/full-scan",
        "Read messages without a signal by today's parser",
        ScanAnswer,
        "write",
    ),
)
_REGISTERS = (
    Operation(
        "get", "/telegram-channels", "The registered channels", channels.ChannelsAnswer, "read"
    ),
    Operation(
        "post",
        "/telegram-channels",
        "Register a channel",
        channels.ChannelCreated,
        "write",
        channels.NewChannel,
        status=201,
    ),
    *_change("/telegram-channels/{id}", "a channel", channels.ChannelChange, channels.Succeeded),
    Operation(
        "get", "/telegram/channels", "The registered channels", channels.ChannelsAnswer, "read"
    ),
    Operation(
        "post",
        "/telegram/channels",
        "Register a channel",
        channels.Created,
        "write",
        channels.NewChannel,
    ),
    *_change("/telegram/channels/{id}", "a channel", channels.ChannelChange, signals.Done),
    Operation("get", "/telegram/bots", "The registered bots", bots.BotsAnswer, "read"),
    Operation("post", "/telegram/bots", "Register a bot", channels.Created, "write", bots.NewBot),
    *_change("/telegram/bots/{id}", "a bot", bots.BotChange, signals.Done),
)
OPERATIONS = (*_SERVICE, *_GATEWAY, *_SIGNALS, *_READS, *_ACTIONS, *_REGISTERS)
