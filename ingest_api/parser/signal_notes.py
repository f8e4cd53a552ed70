"""What one walk over a text's tokens has noted: which written price stands behind which label."""

from typing import Final, Literal, NamedTuple

from ingest_api.parser.signal import Direction

Slot = Literal["", "entry", "weak", "target", "final", "stop"]
FINAL_ORDINAL: Final = 99


class Target(NamedTuple):
    """A target as written; `ordinal` is its number, 0 without one, `FINAL_ORDINAL` the final."""

    ordinal: int
    price: str


class Fault(NamedTuple):
    """A price that cannot be read. `certain`: another price for the same slot does not heal it."""

    slot: Slot
    reason: str
    certain: bool


class Notes:
    """The walk's state and its findings.

    Findings: `asset` and its `rank` (3: behind a label, 2: behind buy or sell, 1: anywhere),
    `entries`, `weak` (prices right behind the asset), `targets`, `stop`, `day`, `signal_type`,
    `header` (the first side named), `entry_direction`, `seen`, `faults`, `follow_ups` (places).
    State: `slot` is the open label's kind, `label` its word, `opened` its place, `count` its
    prices so far; `linked` after a range's or list's mark, `fresh` on a line of its own.
    """

    __slots__ = (
        "asset", "at", "colon", "count", "day", "direction", "dropped", "dropped_at",
        "entries", "entry_direction", "entry_opened", "faults", "follow_ups", "fresh",
        "header", "label", "linked", "named", "named_by", "named_colon", "nth", "numbers",
        "opened", "ordinal", "paren", "plural", "rank", "seen", "signal_type", "slot",
        "stop", "targets", "tokens", "two_signals", "unread_name", "weak",
    )  # fmt: skip

    def __init__(self, tokens: list[str]) -> None:
        self.tokens = tokens
        self.asset = self.label = self.stop = self.day = self.signal_type = ""
        self.unread_name = ""
        self.at = self.count = self.ordinal = self.rank = self.nth = 0
        self.opened = self.entry_opened = -1
        self.slot: Slot = ""
        self.dropped: Slot = ""
        self.dropped_at = -2
        self.direction: Direction | None = None
        self.entry_direction: Direction | None = None
        self.header: Direction | None = None
        self.colon = self.fresh = self.linked = self.paren = self.plural = False
        self.named = self.named_colon = self.two_signals = False
        self.entries: list[str] = []
        self.weak: list[str] = []
        self.numbers: set[int] = set()
        self.targets: list[Target] = []
        self.faults: list[Fault] = []
        self.follow_ups: list[int] = []
        self.seen: set[Slot] = set()
        self.named_by: set[Slot] = set()

    def token(self, distance: int = 1) -> str:
        """The token so far from the current one; a line's end beyond the text."""
        place = self.at + distance
        return self.tokens[place] if 0 <= place < len(self.tokens) else "\n"

    def open(self, slot: Slot, token: str) -> None:
        """Begin a label's prices, ending those of the one before."""
        self.slot, self.label, self.opened = slot, token, self.at
        self.count = self.ordinal = 0
        self.colon = self.linked = self.fresh = self.plural = False
        self.direction = None

    def fault(self, reason: str, *, certain: bool = False) -> None:
        """Note that the open label's price cannot be read, and end the label."""
        self.faults.append(Fault(self.slot, reason, certain))
        self.slot = ""

    def unreadable(self, token: str, *, certain: bool = False) -> None:
        """End the label; a fault where its colon promised a price on this very line."""
        if not self.slot:
            return
        promised = self.colon and not self.count and not self.fresh and self.slot != "weak"
        if promised and self.label not in {"tf", "tpf"}:  # "TF: 15min" is a time frame
            self.fault(f"'{self.label}:' is followed by '{token[:40]}'", certain=certain)
        elif self.slot in {"target", "stop"} and not self.count:
            self.dropped, self.dropped_at = self.slot, self.at
        self.slot = ""
