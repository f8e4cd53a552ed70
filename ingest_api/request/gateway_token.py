"""Who may ingest: the shared token, and those who guess at it."""

import hashlib
import hmac
import logging
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from time import monotonic, time

from contracts.secret import Secret
from contracts.token_use import SlotUse, TokenUse
from contracts.wire import TOKEN_HEADER

_log = logging.getLogger(__name__)

_HEADER = TOKEN_HEADER.lower().encode()
_SUSPICIOUS_FAILURES = 10
_WINDOW_SECONDS = 60.0
_MAX_ADDRESSES = 1024


class GatewayTokens:
    """The accepted tokens by their role, kept as digests."""

    def __init__(self, tokens: Mapping[str, Secret]) -> None:
        self._digests = {role: _digest(token.reveal().encode()) for role, token in tokens.items()}
        self._requests = dict.fromkeys(self._digests, 0)
        self._last: dict[str, float] = {}
        self._since = time()

    def role(self, headers: Iterable[tuple[bytes, bytes]]) -> str | None:
        """The role of the token these headers carry, or None when it is missing, twice or wrong.

        Takes the same time whichever token matches, and wherever a wrong one differs.
        """
        sent = [value for name, value in headers if name == _HEADER]
        digest = _digest(sent[0] if len(sent) == 1 else b"")
        matches = [
            role for role, known in self._digests.items() if hmac.compare_digest(known, digest)
        ]
        return matches[0] if matches else None

    def note_use(self, role: str) -> None:
        """A gateway's request came with the token of this role."""
        self._requests[role] += 1
        self._last[role] = time()

    def use(self, slot: str) -> TokenUse:
        """What `GET /gateway/token` answers to a token of this slot."""
        last = {role: datetime.fromtimestamp(at, UTC) for role, at in self._last.items()}
        return TokenUse(
            slot=slot,
            at=datetime.now(UTC),
            since=datetime.fromtimestamp(self._since, UTC),
            slots={
                role: SlotUse(requests=count, last_used_at=last.get(role))
                for role, count in self._requests.items()
            },
        )


class Guesses:
    """Counts refused tokens by address; ten within a minute are one line in the security log."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._windows: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def add(self, address: str) -> None:
        """Note one refused token."""
        now = self._clock()
        started, count = self._windows.pop(address, (now, 0))
        if now - started >= _WINDOW_SECONDS:
            started, count = now, 0
        self._windows[address] = (started, count + 1)
        if len(self._windows) > _MAX_ADDRESSES:
            self._windows.popitem(last=False)
        if count + 1 == _SUSPICIOUS_FAILURES:
            _log.warning(
                "%d wrong tokens from %s within a minute",
                _SUSPICIOUS_FAILURES,
                address,
                extra={"action": "auth.suspicious", "address": address},
            )


def _digest(token: bytes) -> bytes:
    return hashlib.sha256(token).digest()
