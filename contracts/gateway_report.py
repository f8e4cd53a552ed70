"""What the gateway tells the API about itself, and what the API asks of it in return.

`POST /gateway/status` with the shared token, on each change and every 15 s. The gateway listens on
its host's loopback only, which a container does not reach; so the API never calls it.
"""

from typing import Annotated, Literal

import msgspec

from contracts.message import INT64_MAX, Time, Word

REPORT_SECONDS = 15.0
SILENT_SECONDS = 60.0  # older than this a report says nothing about now
MAX_REPORT_BYTES = 256 * 1024
MAX_DELIVERED = 500  # channel and message ids

Text = Annotated[str, msgspec.Meta(max_length=1000)]
Number = Annotated[int, msgspec.Meta(ge=0)]
Id = Annotated[int, msgspec.Meta(ge=-INT64_MAX, le=INT64_MAX)]
RequestId = Annotated[int, msgspec.Meta(ge=1)]


class SourceReport(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """A source and its condition, with the reason and what a person should do."""

    source: Word
    condition: Word
    reason: Text = ""
    advice: Text = ""


class ChannelReport(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """A channel that the gateway reads or forwards to; the id is in the marked form."""

    channel_id: int
    role: Literal["source", "destination"] = "source"
    title: Text = ""
    last_message_at: Time | None = None


class OutboxReport(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """The outbox: rows that wait, since when the oldest does, and rows given up.

    `delivered` names the newest messages that the API answered for: what is not in the database of
    these was lost behind us, as by a restore of an older backup.
    """

    pending: Number = 0
    dead_letters: Number = 0
    oldest_pending_at: Time | None = None
    delivered: Annotated[list[tuple[Id, Id]], msgspec.Meta(max_length=MAX_DELIVERED)] = []


class RequestAnswer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """What came of a request, by its id."""

    id: RequestId
    succeeded: bool
    detail: Text = ""
    messages_synced: Number = 0
    messages_saved: Number = 0
    channels: list[int] = []


class GatewayReport(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """The body of `POST /gateway/status`."""

    version: Text
    sources: list[SourceReport] = []
    outbox: OutboxReport = OutboxReport()
    channels: list[ChannelReport] = []
    login_required: bool = False
    answers: list[RequestAnswer] = []


class GatewayRequest(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Something the API asks: `sync` to compare every channel with Telegram, `reload` the file.

    It is repeated until an answer with its id comes; doing it twice does no harm. A gateway that is
    asked what it does not know yet answers that it did not succeed.
    """

    id: RequestId
    kind: Word


class GatewayReply(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """200 of `POST /gateway/status`."""

    requests: list[GatewayRequest] = []
