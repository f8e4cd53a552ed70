"""What the API says of its tokens: the witness that a rotation goes by."""

from collections.abc import Sequence
from http import HTTPStatus

import msgspec

from contracts import token_use
from contracts.secret import Secret
from contracts.token_use import SlotUse, TokenUse
from contracts.wire import TOKEN_HEADER
from ops.local_http import ask

_decoder = msgspec.json.Decoder(TokenUse)


class WitnessError(Exception):
    """An API that does not answer, or not as ours."""


class Witness:
    """Asks each replica of the API; they are one witness, and the least sure of them counts."""

    def __init__(self, urls: Sequence[str]) -> None:
        self._urls = [url.rstrip("/") + token_use.PATH for url in urls]

    def ask(self, token: Secret) -> TokenUse | None:
        """The use of every slot, or None when a replica does not accept this token.

        Raises WitnessError.
        """
        found = [_ask(url, token) for url in self._urls]
        answers = [each for each in found if each is not None]
        return _together(answers) if len(answers) == len(found) else None


def idle_seconds(use: TokenUse, slot: str) -> float:
    """For how long the slot is known to be unused: since its last use, or the API's start."""
    known = use.slots.get(slot, SlotUse())
    return (use.at - (known.last_used_at or use.since)).total_seconds()


def _together(answers: list[TokenUse]) -> TokenUse:
    first = answers[0]
    slots: dict[str, SlotUse] = {}
    for answer in answers:
        for slot, use in answer.slots.items():
            known = slots.get(slot, SlotUse())
            times = [at for at in (known.last_used_at, use.last_used_at) if at]
            slots[slot] = SlotUse(
                requests=known.requests + use.requests, last_used_at=max(times, default=None)
            )
    since = max(answer.since for answer in answers)
    return TokenUse(slot=first.slot, at=max(a.at for a in answers), since=since, slots=slots)


def _ask(url: str, token: Secret) -> TokenUse | None:
    answer = ask(url, headers={TOKEN_HEADER: token.reveal()})
    if answer.error:
        raise WitnessError(f"the API does not answer: {answer.error}")
    if answer.status == HTTPStatus.UNAUTHORIZED:
        return None
    if answer.status != HTTPStatus.OK:
        raise WitnessError(f"{url} answers {answer.status}; is it an API older than this?")
    try:
        return _decoder.decode(answer.body)
    except msgspec.DecodeError as error:
        raise WitnessError(f"{url} is not our ingest API: its answer is no such JSON") from error
