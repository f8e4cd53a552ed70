"""The service's settings, from the environment."""

from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from contracts import logs
from contracts.environment import SettingsError
from contracts.secret import Secret, Token

Port = Annotated[int, msgspec.Meta(ge=0, le=65535)]
Count = Annotated[int, msgspec.Meta(ge=1, le=10_000)]
# Below the 8 s after which a request gives the database up.
Wait = Annotated[int, msgspec.Meta(ge=1, le=8000)]

_OPTIONS = "-c idle_in_transaction_session_timeout=10s -c timezone=UTC"
# A host that is gone without a word is given up after some seconds, also in the midst of waiting
# for an answer; by itself TCP would wait a quarter of an hour. The connection string may say else.
_PATIENCE = {
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}


def words(text: str) -> list[str]:
    """The members of a list that is written with commas or blanks."""
    return text.replace(",", " ").split()


class DatabaseUrl(Secret):
    """A PostgreSQL connection string. Raises ValueError for one that is none."""

    __slots__ = ()

    def __init__(self, value: str) -> None:
        super().__init__(value)
        try:
            conninfo_to_dict(value)
        except (ProgrammingError, UnicodeError):
            # The driver's message repeats the string, password and all.
            raise ValueError("is no PostgreSQL connection string") from None


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What `python -m ingest_api` reads; each field is the variable of its upper-case name.

    Raises SettingsError when neither a URL nor the parts of one are there, or a list is no list.
    """

    gateway_secret_token: Annotated[
        Token, msgspec.Meta(description="the token the gateway sends; openssl rand -hex 32")
    ]
    gateway_secret_token_previous: (
        Annotated[Token, msgspec.Meta(description="a token still accepted while it is replaced")]
        | None
    ) = None
    host: Annotated[str, msgspec.Meta(description="the address to listen on")] = "127.0.0.1"
    port: Annotated[Port, msgspec.Meta(description="the port to listen on; 0 takes a free one")] = (
        4005
    )
    timescaledb_url: (
        Annotated[
            DatabaseUrl,
            msgspec.Meta(description="a connection string that stands for the five parts below"),
        ]
        | None
    ) = None
    timescaledb_read_url: (
        Annotated[
            DatabaseUrl,
            msgspec.Meta(description="a replica that GET routes read from; unset: none"),
        ]
        | None
    ) = None
    timescaledb_host: Annotated[str, msgspec.Meta(description="the database's host")] = ""
    timescaledb_port: Annotated[Port, msgspec.Meta(description="the database's port")] = 5433
    timescaledb_database: Annotated[str, msgspec.Meta(description="the database's name")] = ""
    timescaledb_user: Annotated[str, msgspec.Meta(description="the user to connect as")] = ""
    timescaledb_password: (
        Annotated[Secret, msgspec.Meta(description="that user's password")] | None
    ) = None
    timescaledb_schema: Annotated[
        str,
        msgspec.Meta(
            pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,62}$",
            description="the schema that holds our tables; made if missing",
        ),
    ] = "tp_capital"
    log_level: logs.Level = "info"
    log_format: Annotated[
        logs.Format, msgspec.Meta(description="how lines look; auto: text on a terminal, else JSON")
    ] = "auto"
    max_in_flight: Annotated[
        Count, msgspec.Meta(description="ingest requests worked on at a time; more get 503")
    ] = 64
    flushers: Annotated[
        Count, msgspec.Meta(description="ingest transactions at a time; requests share them")
    ] = 2
    tp_capital_api_key: (
        Annotated[
            Secret,
            msgspec.Meta(description="the X-API-Key that writes need; unset: anyone may write"),
        ]
        | None
    ) = None
    require_api_key_for_reads: Annotated[
        bool, msgspec.Meta(description="true: reads need the X-API-Key too")
    ] = False
    cors_origin: Annotated[
        str, msgspec.Meta(description="origins whose pages may ask, by commas; * allows any")
    ] = "http://localhost:3103,http://localhost:3004"
    allowed_hosts: Annotated[
        str,
        msgspec.Meta(description="public names of this server, by commas; private ones need none"),
    ] = ""
    rate_limit_window_ms: Annotated[
        int, msgspec.Meta(ge=1000, description="window of the rate limit, ms")
    ] = 60_000
    rate_limit_max: Annotated[
        int,
        msgspec.Meta(
            ge=0,
            description="requests a window and client on public routes, by each process; 0: any",
        ),
    ] = 120
    trusted_proxies: Annotated[
        str,
        msgspec.Meta(description="proxies whose X-Forwarded-For is believed: addresses, networks"),
    ] = ""
    media_dir: (
        Annotated[
            Path, msgspec.Meta(description="folder of /telegram-images, the gateway's MEDIA_DIR")
        ]
        | None
    ) = None
    log_history_size: Annotated[
        Count, msgspec.Meta(description="log lines that GET /logs remembers")
    ] = 200
    tz: Annotated[
        str, msgspec.Meta(description="time zone of the field `timestamp` in answers")
    ] = "America/Sao_Paulo"
    pool_size: Annotated[
        Count, msgspec.Meta(description="database connections at most; two more stand beside them")
    ] = 8
    pool_timeout_ms: Annotated[
        Wait, msgspec.Meta(description="wait for a free database connection, ms; then 503")
    ] = 2000
    statement_timeout_ms: Annotated[
        Wait, msgspec.Meta(description="PostgreSQL ends a statement after so many ms; then 503")
    ] = 5000
    lock_timeout_ms: Annotated[
        Wait, msgspec.Meta(description="PostgreSQL gives up a lock after so many ms; then 503")
    ] = 2000

    def __post_init__(self) -> None:
        problems = [*self._edge_problems(), *self._database_problems()]
        if problems:
            raise SettingsError(problems)

    def _edge_problems(self) -> Iterator[str]:
        try:
            ZoneInfo(self.tz)
        except (ZoneInfoNotFoundError, ValueError):
            yield f"TZ {self.tz!r} is no time zone; use a name such as America/Sao_Paulo"
        for network in words(self.trusted_proxies):
            try:
                ip_network(network)
            except ValueError as error:
                yield f"TRUSTED_PROXIES: {error}; use addresses and networks such as 10.0.0.0/8"

    def _database_problems(self) -> list[str]:
        if self.timescaledb_url:
            return []
        parts = ("timescaledb_host", "timescaledb_database", "timescaledb_user")
        missing = [name.upper() for name in parts if not getattr(self, name)]
        return [f"{name} is not set; set it, or TIMESCALEDB_URL instead" for name in missing]

    @property
    def tokens(self) -> dict[str, Token]:
        """The accepted tokens by their role."""
        roles = {
            "current": self.gateway_secret_token,
            "previous": self.gateway_secret_token_previous,
        }
        return {role: token for role, token in roles.items() if token}

    @property
    def secrets(self) -> list[Secret]:
        """Everything that no line of the log may hold."""
        found = [*self.tokens.values(), self.tp_capital_api_key, self.timescaledb_password]
        for url in filter(None, (self.timescaledb_url, self.timescaledb_read_url)):
            found.append(url)
            password = conninfo_to_dict(url.reveal()).get("password")
            found.append(Secret(str(password)) if password else None)
        return [secret for secret in found if secret]

    def conninfo(self) -> str:
        """The connection string with our time-outs; it holds the password."""
        password = self.timescaledb_password
        base = (
            self.timescaledb_url.reveal()
            if self.timescaledb_url
            else make_conninfo(
                host=self.timescaledb_host,
                port=self.timescaledb_port,
                dbname=self.timescaledb_database,
                user=self.timescaledb_user,
                password=password.reveal() if password else None,
            )
        )
        return self._completed(base)

    def read_conninfo(self) -> str | None:
        """The same for the replica that is read from; None when there is none."""
        url = self.timescaledb_read_url
        return self._completed(url.reveal()) if url else None

    def _completed(self, base: str) -> str:
        known = conninfo_to_dict(base)
        limits = (
            f"-c statement_timeout={self.statement_timeout_ms}"
            f" -c lock_timeout={self.lock_timeout_ms}"
        )
        path = f'-c search_path="{self.timescaledb_schema}",public'
        return make_conninfo(
            base,
            **{name: value for name, value in _PATIENCE.items() if name not in known},
            connect_timeout=5,
            application_name="tpcapital-ingest-api",
            options=f"{_OPTIONS} {limits} {path} {known.get('options') or ''}".strip(),
        )
