"""Rich messages as plain text, from both libraries' dicts."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telethon.tl import types as tl

from gateway_outbox.rich_text import MAX_DEPTH, flatten

EMPTY = tl.TextEmpty()
SIGNAL = "COMPRAR\nAtivo PETR4\nStop 34,00\nSwing Trade 📈\nvale hoje"


def plain(text: str) -> tl.TextPlain:
    """A text without formatting."""
    return tl.TextPlain(text)


def bot_message() -> dict[str, Any]:
    """A signal as the Bot API shows it."""
    emoji = {"type": "custom_emoji", "custom_emoji_id": "7", "alternative_text": "📈"}
    item = {"label": "1.", "blocks": [{"type": "paragraph", "text": "vale hoje"}]}
    return {
        "blocks": [
            {"type": "heading", "size": 1, "text": {"type": "bold", "text": "COMPRAR"}},
            {
                "type": "table",
                "cells": [
                    [
                        {"text": "Ativo", "align": "left", "valign": "top"},
                        {"text": "PETR4", "align": "left", "valign": "top"},
                    ],
                    [{"text": ["St", {"type": "bold", "text": "op"}]}, {"text": "34,00"}],
                ],
            },
            {"type": "divider"},
            {"type": "paragraph", "text": ["Swing Trade ", emoji]},
            {"type": "list", "items": [item]},
        ]
    }


def user_message() -> dict[str, Any]:
    """The same as the user session sees it."""
    cells = [[plain("Ativo"), plain("PETR4")], [None, plain("34,00")]]
    cells[1][0] = tl.TextConcat([plain("St"), tl.TextBold(plain("op"))])
    rows = [tl.PageTableRow([tl.PageTableCell(text=text) for text in row]) for row in cells]
    text = tl.TextConcat([plain("Swing Trade "), tl.TextCustomEmoji(7, "📈")])
    blocks = [
        tl.PageBlockTitle(tl.TextBold(plain("COMPRAR"))),
        tl.PageBlockTable(EMPTY, rows),
        tl.PageBlockDivider(),
        tl.PageBlockParagraph(text),
        tl.PageBlockOrderedList([tl.PageListOrderedItemText(plain("vale hoje"), num="1.")]),
    ]
    found: dict[str, Any] = tl.RichMessage(blocks, [], []).to_dict()
    return found


@pytest.mark.parametrize("message", [bot_message(), user_message()], ids=["bot", "user"])
def test_both_libraries_give_the_same_text(message: dict[str, Any]) -> None:
    """Else the message would count as edited when the other source brings it."""
    assert flatten(message) == SIGNAL


def test_captions_follow_what_they_belong_to() -> None:
    """Photo, collage and quotation, of both."""
    caption = tl.PageCaption(plain("PETR4"), plain("B3"))
    photo = tl.PageBlockPhoto(5, caption)
    quote = tl.PageBlockBlockquote(plain("disse"), plain("alguém"))
    assert flatten(tl.RichMessage([photo, quote], [], []).to_dict()) == "PETR4\nB3\ndisse\nalguém"
    size = {"file_id": "f", "file_unique_id": "u", "width": 1, "height": 1}
    shown = {"type": "photo", "photo": [size], "caption": {"text": "PETR4", "credit": "B3"}}
    said = {"type": "expandable_blockquote", "text": "disse", "credit": "alguém"}
    assert flatten({"blocks": [shown, said]}) == "PETR4\nB3\ndisse\nalguém"


def test_an_unknown_block_falls_through_to_its_children() -> None:
    """Telegram adds kinds faster than programs learn them."""
    inner = {"type": "paragraph", "text": "PETR4"}
    assert flatten({"blocks": [{"type": "carousel", "slides": [{"content": inner}]}]}) == "PETR4"


def test_endless_nesting_ends() -> None:
    """No recursion error, whatever is sent."""
    block: dict[str, Any] = {"text": "x"}
    for _ in range(MAX_DEPTH * 3):
        block = {"blocks": [block], "text": [[block]] if _ < 3 else "y"}
    assert flatten(block).startswith("y\ny")


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(
                st.sampled_from(["blocks", "text", "cells", "rows", "caption", "credit", "x"])
                | st.text(),
                inner,
            )
        ),
    )
)
def test_nothing_makes_it_raise(value: Any) -> None:
    """Any JSON gives some text."""
    assert isinstance(flatten(value), str)
