"""The service's settings, from the environment."""

from typing import Annotated, Literal

import msgspec
from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from contracts.environment import SettingsError
from contracts.secret import Secret, Token

Port = Annotated[int, msgspec.Meta(ge=0, le=65535)]
Count = Annotated[int, msgspec.Meta(ge=1, le=10_000)]

# In seconds and milliseconds: a statement ends in the server before the request's own bound.
_OPTIONS = (
    "-c statement_timeout=5s -c lock_timeout=2s"
    " -c idle_in_transaction_session_timeout=10s -c timezone=UTC"
)


class DatabaseUrl(Secret):
    """A PostgreSQL connection string. Raises ValueError for one that is none."""

    __slots__ = ()

    def __init__(self, value: str) -> None:
        super().__init__(value)
        try:
            conninfo_to_dict(value)
        except ProgrammingError:
            # The driver's message repeats the string, password and all.
            raise ValueError("is no PostgreSQL connection string") from None


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What `python -m ingest_api` reads; each field is the variable of its upper-case name.

    Raises SettingsError when neither a URL nor the parts of one are there.
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
    log_level: Annotated[
        Literal["DEBUG", "INFO", "WARNING", "ERROR"],
        msgspec.Meta(description="the least level that is logged"),
    ] = "INFO"
    max_in_flight: Annotated[
        Count, msgspec.Meta(description="ingest requests worked on at a time; more get 503")
    ] = 64
    flushers: Annotated[
        Count, msgspec.Meta(description="ingest transactions at a time; requests share them")
    ] = 2
    pool_size: Annotated[Count, msgspec.Meta(description="database connections at most")] = 8

    def __post_init__(self) -> None:
        if self.timescaledb_url:
            return
        parts = ("timescaledb_host", "timescaledb_database", "timescaledb_user")
        missing = [name.upper() for name in parts if not getattr(self, name)]
        if missing:
            raise SettingsError(
                [f"{name} is not set; set it, or TIMESCALEDB_URL instead" for name in missing]
            )

    @property
    def tokens(self) -> dict[str, Token]:
        """The accepted tokens by their role."""
        roles = {
            "current": self.gateway_secret_token,
            "previous": self.gateway_secret_token_previous,
        }
        return {role: token for role, token in roles.items() if token}

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
        own = str(conninfo_to_dict(base).get("options") or "")
        return make_conninfo(
            base,
            connect_timeout=5,
            application_name="tpcapital-ingest-api",
            options=f'{_OPTIONS} -c search_path="{self.timescaledb_schema}",public {own}'.strip(),
        )
