"""A folded text into tokens, and one walk over them. Linear: a bounded look around each token."""

import re
from typing import Final

from ingest_api.parser.figure_actions import read_figure
from ingest_api.parser.label_actions import HANDLERS, read_word
from ingest_api.parser.signal_labels import ACTIONS
from ingest_api.parser.signal_notes import Notes

# Words; marks; days; times of day; figures with sign and unit. No repetition inside a repetition
# can match the same characters in two ways, so no text makes the search go back far.
TOKEN: Final = re.compile(
    r" ?([a-z][a-z0-9]*|[\n:/;|()]"
    r"|(?:0?[1-9]|[12][0-9]|3[01])/(?:1[0-2]|0?[1-9])(?:/[0-9]{4}|/[0-9]{2})?(?![0-9]|[.,/][0-9])"
    r"|[0-9]{2}:[0-9]{2}(?::[0-9]{2})?(?![0-9]|[.,][0-9])"
    r"|(?:(?<=[\s:$(])[-.,])?[0-9]+(?:[.,][0-9]+)*(?:a(?=[0-9])|[a-z][a-z0-9]*| ?%)?"
    r"|[,-]|[.!?](?=\s|$))"
)
_FIGURE_STARTS: Final = frozenset("0123456789-.,")
_DISPATCH: Final = {token: HANDLERS.get(action) for token, action in ACTIONS.items()}


def take_notes(tokens: list[str]) -> Notes:
    """Walk over all tokens once."""
    notes = Notes(tokens)
    for notes.at, token in enumerate(tokens):
        if token in _DISPATCH:
            handle = _DISPATCH[token]
            if handle is not None:  # a filler does nothing
                handle(notes, token)
        elif token[0] in _FIGURE_STARTS:
            read_figure(notes, token)
        else:
            read_word(notes, token)
    return notes
