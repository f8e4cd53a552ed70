"""How long rows are kept, from the environment. Nothing is dropped where nothing is set."""

from typing import Annotated

import msgspec

Days = Annotated[int, msgspec.Meta(ge=1, le=36_500)]


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What `tpcapital db retain` reads; each field is the variable of its upper-case name."""

    retain_signals_days: (
        Annotated[Days, msgspec.Meta(description="drop signals sent longer ago; unset: never")]
        | None
    ) = None
    retain_requests_days: (
        Annotated[
            Days,
            msgspec.Meta(description="drop requests to the gateway that are older; unset: never"),
        ]
        | None
    ) = None
