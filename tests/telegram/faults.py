"""What the scripted server does instead of answering."""

from enum import Enum
from typing import NamedTuple

from tests.telegram.request_name import check

ANY = "*"


class Action(Enum):
    """What happens to a request."""

    REFUSE = "refuse"
    DROP = "drop"
    IGNORE = "ignore"
    HOLD = "hold"


class Fault(NamedTuple):
    """An action; `after` means that Telegram did all that was asked before."""

    action: Action
    code: int = 0
    text: str = ""
    after: bool = False


class Faults:
    """Scripts per request, named as "messages.GetHistory"; ANY stands for every one.

    A 401 for ANY leaves out help.GetConfig, which Telegram answers without a login.

    Each holds for the next `times` requests of that name, or for all (None) until `clear`. Scripts
    of one name follow one another. Raises ValueError for a name that Telethon does not know.

    - `muted`: swallow all that clients send and send nothing, as a half-open connection does
    - `transport`: answer every packet with this transport error, -404 or -429
    """

    def __init__(self) -> None:
        self.muted = False
        self.transport: int | None = None
        self._scripts: dict[str, list[tuple[Fault, int | None]]] = {}

    def fail(
        self, name: str, code: int, text: str, times: int | None = 1, *, after: bool = False
    ) -> None:
        """Answer rpc_error, as 401 AUTH_KEY_UNREGISTERED or 406 AUTH_KEY_DUPLICATED."""
        self._add(name, Fault(Action.REFUSE, code, text, after), times)

    def flood(self, name: str, seconds: int, times: int | None = 1) -> None:
        """Answer 420 FLOOD_WAIT_<seconds>."""
        self.fail(name, 420, f"FLOOD_WAIT_{seconds}", times)

    def drop(self, name: str, times: int | None = 1, *, after: bool = False) -> None:
        """End the connection instead of answering."""
        self._add(name, Fault(Action.DROP, after=after), times)

    def ignore(self, name: str, times: int | None = 1, *, after: bool = False) -> None:
        """Never answer, and go on with other requests."""
        self._add(name, Fault(Action.IGNORE, after=after), times)

    def hold(self, name: str, times: int | None = 1) -> None:
        """Do what was asked, and answer when the server's `release` is called."""
        self._add(name, Fault(Action.HOLD, after=True), times)

    def clear(self) -> None:
        """No fault from here on; what was swallowed stays so."""
        self.muted, self.transport = False, None
        self._scripts.clear()

    def take(self, name: str) -> Fault | None:
        """The fault for a request of this name that has arrived, counted as used."""
        for each in (name, ANY):
            for place, (fault, left) in enumerate(self._scripts.get(each, [])):
                if each == ANY and fault.code == 401 and name == "help.GetConfig":
                    continue
                if left == 1:
                    del self._scripts[each][place]
                elif left is not None:
                    self._scripts[each][place] = (fault, left - 1)
                return fault
        return None

    def _add(self, name: str, fault: Fault, times: int | None) -> None:
        if name != ANY:
            check(name)
        if times != 0:
            self._scripts.setdefault(name, []).append((fault, times))
