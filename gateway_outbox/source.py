"""What every source of messages shows of itself."""

from dataclasses import dataclass


@dataclass
class SourceState:
    """`connected` is the metric; `state` and `detail` are for people."""

    name: str
    state: str = "starting"
    connected: bool = False
    detail: str = ""
    received: int = 0
    skipped: int = 0
