"""The canary: a message that is none, sent through the whole pipe to see whether it is open.

`POST /ingest/canary` with the shared token. A path of its own marks it: no service of any version
can take it for a message, and an API that does not know it answers 404.
"""

from typing import Annotated

import msgspec

from contracts.message import INT64_MAX, Time, Traceparent

CANARY_PATH = "/ingest/canary"
MAX_CANARY_BYTES = 1024


class Canary(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Its body: which it is of its outbox, and when the gateway committed it there."""

    number: Annotated[int, msgspec.Meta(ge=1, le=INT64_MAX)]
    sent_at: Time
    traceparent: Traceparent | None = None


class CanaryStored(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """200 of `POST /ingest/canary`: it is committed in the database, whose clock told the time."""

    number: int
    stored_at: Time
