"""What Telegram refuses is told in sentences."""

from contextlib import suppress

import pytest
from telethon import errors

from gateway_outbox.login_refusal import SENTENCES, sentence, word


@pytest.mark.parametrize("name", SENTENCES)
def test_the_library_has_an_error_of_each_name(name: str) -> None:
    """A name that changes would leave its sentence unsaid."""
    kind = getattr(errors, name, None) or getattr(errors.common, name)
    error = None
    with suppress(TypeError):
        error = kind(None)
    assert error is None or sentence(error).startswith(SENTENCES[name][0])


def test_a_wait_tells_when_it_is_over() -> None:
    """Whatever kind of flood wait it is."""
    said = sentence(errors.FloodWaitError(None, capture=90))
    assert said.startswith("Telegram asks to wait 90 s, until ")
    assert said.endswith("(FLOOD_WAIT).")


def test_what_is_not_known_is_told_with_its_name() -> None:
    """Nothing is kept from the person."""
    said = sentence(errors.BadRequestError(None, "NEW_RULE", 400))
    assert "NEW_RULE" in said
    assert "BadRequestError" in said


def test_a_network_that_is_away_is_said_so() -> None:
    """It is no refusal."""
    assert sentence(TimeoutError()).startswith("the server cannot be reached: no answer in time")


def test_telegram_s_own_words() -> None:
    """As its documentation writes them."""
    assert word("PhoneCodeInvalidError") == "PHONE_CODE_INVALID"
