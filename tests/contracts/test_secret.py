"""Secrets and tokens."""

import pytest

from contracts.secret import Secret, Token, token_fault
from tests.messages import TOKEN


def test_a_secret_shows_itself_only_when_asked() -> None:
    """Not in a repr, a format, or an error's text."""
    secret = Secret("hunter2")
    shown = f"{secret} {secret!r} {[secret]} {ValueError(secret)}"
    assert "hunter2" not in shown
    assert secret.reveal() == "hunter2"


def test_secrets_compare_by_value() -> None:
    """Equal ones are equal, an empty one is false, a text is none."""
    assert Secret("a") == Secret("a")
    assert hash(Secret("a")) == hash(Secret("a"))
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert not Secret("")


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        ("", "has 0 characters, fewer than 32"),
        ("a1b2c3d4" * 3, "has 24 characters, fewer than 32"),
        ("change_me_" + TOKEN, "is a placeholder, not a secret"),
        ("YOUR_" + TOKEN, "is a placeholder, not a secret"),
        ("0123456" * 5, "is a placeholder, not a secret"),
        (TOKEN + "é", "holds characters that an HTTP header cannot carry"),
        (TOKEN + "\n", "holds characters that an HTTP header cannot carry"),
        (TOKEN + " " + TOKEN, "holds characters that an HTTP header cannot carry"),
    ],
)
def test_an_unfit_token_says_why(value: str, fault: str) -> None:
    """With the command that makes a good one, without the token."""
    found = token_fault(Secret(value))
    assert found is not None
    assert found.startswith(fault)
    assert "openssl rand -hex 32" in found
    with pytest.raises(ValueError, match=fault):
        Token(value)


def test_a_drawn_token_is_fit() -> None:
    """What `openssl rand -hex 32` gives."""
    assert token_fault(Secret(TOKEN)) is None
    assert Token(TOKEN).reveal() == TOKEN
