"""The gateway's settings, read once at the start."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from contracts import environment, wire
from contracts.environment import SettingsError
from contracts.secret import Token


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """One variable a field, in upper case. `NAME_FILE` and systemd credentials serve as well."""

    api_secret_token: Annotated[
        Token, Meta(description="the API's GATEWAY_SECRET_TOKEN, sent as X-Gateway-Token")
    ]
    api_endpoint: Annotated[str, Meta(description="URL of POST /ingest")] = (
        "http://localhost:4005/ingest"
    )
    api_timeout_seconds: Annotated[
        float, Meta(gt=0, description="limit for one request; longer than the API's own 8 s")
    ] = 10.0
    gateway_port: Annotated[
        int, Meta(ge=0, le=65535, description="port of /health and /metrics on 127.0.0.1")
    ] = 4006
    outbox_path: Annotated[Path, Meta(description="the SQLite outbox")] = Path(
        "data/outbox.sqlite3"
    )
    outbox_keep_days: Annotated[
        float, Meta(ge=0, description="days that delivered and discarded rows are kept")
    ] = 7.0
    max_retry_attempts: Annotated[
        int, Meta(ge=1, le=10, description="retries of the first, fast burst; then on for ever")
    ] = 3
    retry_delay_ms: Annotated[
        int, Meta(ge=1, description="longest wait inside the burst, ms; doubles after it")
    ] = 5000
    retry_max_delay_ms: Annotated[
        int, Meta(ge=1, description="longest wait between two retries, ms")
    ] = 60_000
    relay_lanes: Annotated[
        int, Meta(ge=1, le=32, description="requests in flight, each for other channels")
    ] = 4
    failure_queue_path: Annotated[
        Path, Meta(description="where `outbox export --delayed` writes by default")
    ] = Path("data/failure-queue.jsonl")
    drain_seconds: Annotated[
        float, Meta(ge=0, description="time for delivering what is pending at a stop")
    ] = 10.0
    replay_file: (
        Annotated[Path, Meta(description="Telegram export or failure queue to replay at the start")]
        | None
    ) = None
    replay_rate: (
        Annotated[
            float,
            Meta(
                gt=0, le=1_000_000, description="messages a second of the replay; unset: no limit"
            ),
        ]
        | None
    ) = None
    log_level: Annotated[
        str, Meta(pattern="^(?i:debug|info|warning|error)$", description="least level logged")
    ] = "info"

    def __post_init__(self) -> None:
        problems = []
        parts = urlsplit(self.api_endpoint)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            problems.append(f"API_ENDPOINT {self.api_endpoint!r} is no http or https URL")
        elif parts.username or parts.password:
            problems.append("API_ENDPOINT carries a password; the token alone authenticates")
        elif not parts.path.endswith(wire.INGEST_PATH):
            problems.append(f"API_ENDPOINT {self.api_endpoint!r} does not end in /ingest")
        if problems:
            raise SettingsError(problems)

    @property
    def batch_endpoint(self) -> str:
        """URL of `POST /ingest/batch`."""
        return self.api_endpoint.removesuffix(wire.INGEST_PATH) + wire.BATCH_PATH


def from_environment(environ: Mapping[str, str]) -> Settings:
    """The settings; raises SettingsError with a sentence for every problem."""
    return environment.load(Settings, environ)
