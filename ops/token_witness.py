"""What the API says of its tokens: the witness that a rotation goes by."""

import urllib.error
import urllib.request
from collections.abc import Sequence
from http import HTTPStatus
from http.client import HTTPException

import msgspec

from contracts import token_use
from contracts.plain_words import cause
from contracts.secret import Secret
from contracts.token_use import SlotUse, TokenUse
from contracts.wire import TOKEN_HEADER

_SECONDS = 5.0
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
    request = urllib.request.Request(url, headers={TOKEN_HEADER: token.reveal()})  # noqa: S310  # the operator's own API
    try:
        with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310  # as above
            return _decoder.decode(answer.read())
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == HTTPStatus.UNAUTHORIZED:
            return None
        raise WitnessError(f"{url} answers {error.code}; is it an API older than this?") from error
    except msgspec.DecodeError as error:
        raise WitnessError(f"{url} is not our ingest API: its answer is no such JSON") from error
    except (OSError, ValueError, HTTPException) as error:
        raise WitnessError(f"{url} does not answer: {cause(error)}") from error
