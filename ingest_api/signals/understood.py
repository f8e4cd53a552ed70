"""What the parser understood of a text, as JSON's types."""

from typing import Any

import msgspec

from ingest_api.parser.signal import Malformed, Reading, Signal
from ingest_api.parser.signal_parser import parse

_NO_SIGNAL = "an asset with an entry price, or with a target and a stop, was not found"


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """A signal. Prices are decimal strings with the scale they were written in."""

    asset: str
    direction: str
    signal_type: str
    buy_min: str | None
    buy_max: str | None
    targets: list[str]
    target_final: str | None
    stop: str | None
    valid_until: str | None
    all_targets: list[str]


class Understood(msgspec.Struct, frozen=True, kw_only=True):
    """`kind` is signal, malformed or not_a_signal; the latter two have a `reason`."""

    kind: str
    signal: Figures | None = None
    reason: str | None = None


def understood(text: str) -> Understood:
    """What today's parser makes of a text. Raises nothing."""
    return of_reading(parse(text))


def of_reading(reading: Reading) -> Understood:
    """That reading."""
    if isinstance(reading, Signal):
        fields = {name: _plain(getattr(reading, name)) for name in Figures.__struct_fields__}
        return Understood(kind="signal", signal=Figures(**fields))
    if isinstance(reading, Malformed):
        return Understood(kind="malformed", reason=reading.reason)
    return Understood(kind="not_a_signal", reason=_NO_SIGNAL)


def _plain(value: object) -> Any:
    if isinstance(value, tuple):
        return [str(item) for item in value]
    return None if value is None else str(value)
