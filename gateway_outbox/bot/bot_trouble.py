"""Why a request to the Bot API brought nothing, in words for people and a word for programs."""

from typing import Literal

# network: no answer. server: it answered 5xx. garbage: it answered what is no answer. flood: it
# asks for a wait. conflict: another program polls. webhook: updates go elsewhere. refused: other.
Kind = Literal["network", "server", "garbage", "flood", "conflict", "webhook", "refused"]


class BotTroubleError(Exception):
    """Something that may pass by itself; `advice` is what a person could do about it.

    `request` is the method's name, `retry_after` the seconds that Telegram asks to wait.
    """

    def __init__(
        self, kind: Kind, reason: str, *, advice: str = "", request: str = "", retry_after: int = 0
    ) -> None:
        super().__init__(reason)
        self.kind: Kind = kind
        self.reason = reason
        self.advice = advice
        self.request = request
        self.retry_after = retry_after
