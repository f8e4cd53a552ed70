"""Which of its accepted tokens the API sees in use: what a rotation asks before it drops one.

`GET /gateway/token` with a token that is accepted. The answer never holds a token, only its slot;
asking counts as no use.
"""

import msgspec

from contracts.message import Time

PATH = "/gateway/token"


class SlotUse(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Requests of a gateway with the token in this slot, and when the last one came."""

    requests: int = 0
    last_used_at: Time | None = None


class TokenUse(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """200 of `GET /gateway/token`: the slot of the token sent, and the use of every slot.

    Counted by this process alone, `since` its start; each replica answers for itself. `at` is its
    clock's time of the answer.
    """

    slot: str
    at: Time
    since: Time
    slots: dict[str, SlotUse]
