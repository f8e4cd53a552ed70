"""The token, and its rotation."""

import logging
from pathlib import Path

import pytest

from gateway_outbox.relay.api_token import TokenReader
from gateway_outbox.settings import from_environment
from tests.messages import TOKEN

OTHER = TOKEN[::-1]


def reader(**environ: str) -> TokenReader:
    """A reader over these variables."""
    return TokenReader(from_environment(environ), environ)


def test_a_token_of_the_environment_never_changes(tmp_path: Path) -> None:
    """A file beside it is not looked at."""
    path = tmp_path / "token"
    path.write_text(OTHER)
    token = reader(API_SECRET_TOKEN=TOKEN, API_SECRET_TOKEN_FILE=str(path))
    assert token().reveal() == TOKEN


@pytest.mark.parametrize("text", ["{}", "{}\n", ' "{}" \n'])
def test_a_changed_file_is_used_at_the_next_request(tmp_path: Path, text: str) -> None:
    """Also with the blanks and quotes that settings take off."""
    path = tmp_path / "token"
    path.write_text(text.format(TOKEN))
    token = reader(API_SECRET_TOKEN_FILE=str(path))
    assert token().reveal() == TOKEN
    path.unlink()
    path.write_text(text.format(OTHER) + "\n")
    assert token().reveal() == OTHER


def test_a_systemd_credential_is_a_file_too(tmp_path: Path) -> None:
    """`api_secret_token` in $CREDENTIALS_DIRECTORY, an empty variable beside it or not."""
    (tmp_path / "api_secret_token").write_text(TOKEN)
    token = reader(CREDENTIALS_DIRECTORY=str(tmp_path), API_SECRET_TOKEN="")
    (tmp_path / "api_secret_token").write_text(OTHER + "\n")
    assert token().reveal() == OTHER


def test_a_file_that_is_gone_leaves_the_known_token(tmp_path: Path) -> None:
    """A replacement by unlink and write has such a moment."""
    path = tmp_path / "token"
    path.write_text(TOKEN)
    token = reader(API_SECRET_TOKEN_FILE=str(path))
    path.unlink()
    assert token().reveal() == TOKEN


@pytest.mark.parametrize("content", [b"", b"short", b"\xff" * 40, b"abcdefgh" * 5 + b"\r\nX: y"])
def test_a_file_without_a_token_leaves_the_known_one(
    tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """It is said once, without the content; the next change is read again."""
    path = tmp_path / "token"
    path.write_text(TOKEN)
    token = reader(API_SECRET_TOKEN_FILE=str(path))
    path.write_bytes(content)
    with caplog.at_level(logging.WARNING):
        assert [token().reveal(), token().reveal()] == [TOKEN, TOKEN]
    (said,) = caplog.messages
    assert said.startswith(f"token file {path}: it ")
    assert said.endswith("The token known before is used on")
    path.write_text(OTHER + "\n\n")
    assert token().reveal() == OTHER
