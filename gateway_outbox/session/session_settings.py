"""The settings of the user session: all that a login needs, and a part of the gateway's."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from contracts import environment
from contracts.environment import SettingsError
from contracts.secret import Secret

MAX_PORT = 65535


class SessionSettings(msgspec.Struct, frozen=True, kw_only=True):
    """One variable a field, in upper case. `NAME_FILE` and systemd credentials serve as well."""

    telegram_api_id: (
        Annotated[
            int,
            Meta(ge=1, description="api_id of https://my.telegram.org; turns the user session on"),
        ]
        | None
    ) = None
    telegram_api_hash: (
        Annotated[Secret, Meta(description="api_hash that belongs to the api_id")] | None
    ) = None
    telegram_phone_number: (
        Annotated[Secret, Meta(description="the account's number, +55…; for `tpcapital login`")]
        | None
    ) = None
    telegram_session: (
        Annotated[Secret, Meta(description="a string session that `tpcapital login` imports once")]
        | None
    ) = None
    telegram_dc: (
        Annotated[
            str,
            Meta(
                pattern=r"^[1-9][0-9]{0,4}@.+:[0-9]{1,5}$",
                description="another MTProto server than Telegram's, as 2@127.0.0.1:4430",
            ),
        ]
        | None
    ) = None
    telegram_dc_public_key: (
        Annotated[Path, Meta(description="PEM file with that server's RSA key")] | None
    ) = None
    session_dir: Annotated[
        Path, Meta(description="folder of the user session; mode 0700, its files 0600")
    ] = Path(".session")

    def __post_init__(self) -> None:
        if problems := list(self._session_problems()):
            raise SettingsError(problems)

    def _session_problems(self) -> Iterator[str]:
        """Settings that only make sense together."""
        if (self.telegram_api_id is None) != (self.telegram_api_hash is None):
            missing = "TELEGRAM_API_HASH" if self.telegram_api_id else "TELEGRAM_API_ID"
            yield f"{missing} is not set, its other half is; https://my.telegram.org shows both"
        if self.telegram_dc and int(self.telegram_dc.rpartition(":")[2]) > MAX_PORT:
            yield f"TELEGRAM_DC {self.telegram_dc!r}: the port is beyond {MAX_PORT}"


def from_environment(environ: Mapping[str, str]) -> SessionSettings:
    """The settings; raises SettingsError with a sentence for every problem."""
    return environment.load(SessionSettings, environ)
