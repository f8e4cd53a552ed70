"""The order in which a shared token is replaced, so that at no time the gateway is refused.

Where a rotation stands is read from the files and from the API, never remembered: it goes on after
a crash, on another day, or where a person did a step by hand.
"""

import secrets
from enum import Enum
from typing import NamedTuple

from contracts.secret import Secret
from contracts.token_use import TokenUse
from ops import token_files
from ops.token_files import TokenFileError, TokenFiles
from ops.token_witness import Witness, idle_seconds

# A gateway reports every 15 s: within this much of a switch its token has been seen.
SEEN_SECONDS = 40.0


class Step(Enum):
    """What comes next; the value says it in words."""

    BEGIN = "make a new token; the API's files accept it beside the old one"
    TAKE_IN = "restart the API, so that it accepts the new token too"
    SWITCH = "write the new token to the gateway's file"
    TAKE_UP = "restart the gateway, so that it sends the new token"
    WAIT = "wait until the old token has been unused long enough"
    DROP = "take the old token out of the API's files"
    FORGET = "restart the API, so that it refuses the old token"
    NONE = "no rotation is under way"


RESTARTS = (Step.TAKE_IN, Step.TAKE_UP, Step.FORGET)
ORDER = (
    Step.BEGIN,
    Step.TAKE_IN,
    Step.SWITCH,
    Step.TAKE_UP,
    Step.WAIT,
    Step.DROP,
    Step.FORGET,
)


class Tokens(NamedTuple):
    """What the three files hold."""

    accepted: Secret
    previous: Secret | None
    sent: Secret


class Rotation:
    """Looks where a rotation stands and does its steps that are files; `quiet` is in seconds."""

    def __init__(self, files: TokenFiles, witness: Witness, quiet: float) -> None:
        self._files = files
        self._witness = witness
        self.quiet = quiet

    def look(self) -> Step:
        """The step that comes next. Raises TokenFileError, WitnessError."""
        tokens = self._tokens()
        use = self._witness.ask(tokens.accepted)
        if tokens.previous == tokens.accepted:
            return Step.BEGIN  # it was cut short between its two files
        if use is None:
            self._refuse_unknown(tokens)
            return Step.TAKE_IN
        if tokens.sent != tokens.accepted:
            return Step.SWITCH
        if tokens.previous is None:
            return Step.FORGET if "previous" in use.slots else Step.NONE
        return self._look_at_use(use)

    def _look_at_use(self, use: TokenUse) -> Step:
        """Both tokens are accepted, and the gateway's file holds the new one."""
        last = use.slots["current"].last_used_at
        if last is None or (use.at - last).total_seconds() > SEEN_SECONDS:
            return Step.TAKE_UP
        if "previous" in use.slots and idle_seconds(use, "previous") < self.quiet:
            return Step.WAIT
        return Step.DROP

    def do(self, step: Step) -> None:
        """Do a step that is a change of files. Raises TokenFileError."""
        tokens = self._tokens()
        if step is Step.BEGIN:
            # In this order: cut short in between, one token stands in both, and all is as before.
            token_files.write(self._files.previous, tokens.accepted)
            token_files.write(self._files.accepted, Secret(secrets.token_hex(32)))
        elif step is Step.SWITCH:
            token_files.write(self._files.sent, tokens.accepted)
        elif step is Step.DROP:
            token_files.write(self._files.previous, None)

    def _tokens(self) -> Tokens:
        accepted = token_files.read(self._files.accepted)
        sent = token_files.read(self._files.sent)
        if accepted is None or sent is None:
            missing = self._files.sent if accepted else self._files.accepted
            raise TokenFileError(
                f"there is no token in {missing}; name the folders that hold them"
                " (--api-dir, --gateway-dir)"
            )
        return Tokens(accepted, token_files.read(self._files.previous), sent)

    def _refuse_unknown(self, tokens: Tokens) -> None:
        """A restart of the API is the next step only when a rotation has begun."""
        if tokens.previous is None and tokens.sent == tokens.accepted:
            raise TokenFileError(
                f"the API does not accept the token in {self._files.accepted}: it runs with another"
                " one. Restart it, or name the folder that it reads; nothing was changed"
            )
