"""The gateway's settings, read once at the start."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from msgspec import Meta

from contracts import environment, logs, wire
from contracts.canary import CANARY_PATH
from contracts.environment import SettingsError
from contracts.secret import Secret, Token
from gateway_outbox.relay.backoff import Backoff
from gateway_outbox.session.session_settings import MAX_PORT, SessionSettings


class Settings(SessionSettings, frozen=True, kw_only=True):
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
        int, Meta(ge=0, le=MAX_PORT, description="port of /health and /metrics on 127.0.0.1")
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
    telegram_ingestion_bot_token: (
        Annotated[Secret, Meta(description="the bot's token of @BotFather; turns the bot on")]
        | None
    ) = None
    take_over_webhook: Annotated[
        bool, Meta(description="remove a webhook that is set for the bot (`--take-over`)")
    ] = False
    telegram_source_channels: Annotated[
        str, Meta(description="channels to read beside those of CHANNELS_FILE: -100…, @name")
    ] = ""
    telegram_destination_channel_id: (
        Annotated[int, Meta(description="channel that source messages are forwarded to (-100…)")]
        | None
    ) = None
    forward_per_minute: Annotated[
        int, Meta(ge=1, le=6000, description="most messages that are forwarded in a minute")
    ] = 20
    telegram_bot_api_base: (
        Annotated[
            str,
            Meta(
                pattern=r"^https?://.+",
                description="another Bot API server, as http://127.0.0.1:8081",
            ),
        ]
        | None
    ) = None
    channels_file: Annotated[
        Path, Meta(description="the declared channels; `tpcapital channels` writes it")
    ] = Path("channels.toml")
    reconcile_seconds: Annotated[
        float, Meta(gt=0, description="time between two comparisons of each channel with Telegram")
    ] = 60.0
    first_sight_messages: Annotated[
        int, Meta(ge=0, description="how much history is read of a channel seen for the first time")
    ] = 1000
    max_deletions: Annotated[
        int, Meta(ge=1, description="deletions at a time that are applied unasked; more are held")
    ] = 20
    media_dir: (
        Annotated[Path, Meta(description="folder that photos are downloaded to; unset: none are")]
        | None
    ) = None
    media_kinds: Annotated[
        str, Meta(description="media to download: photo, and on request document, video, …")
    ] = "photo"
    media_max_bytes: Annotated[int, Meta(ge=1, description="largest file that is downloaded")] = (
        20_000_000
    )
    media_max_age_days: Annotated[
        float, Meta(gt=0, description="messages older than this are not downloaded from")
    ] = 7.0
    canary_seconds: Annotated[
        float, Meta(ge=0, description="time between two canaries through the pipe; 0: none")
    ] = 60.0
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
    log_level: logs.Level = "info"
    log_format: Annotated[
        logs.Format, Meta(description="how lines look; auto: text on a terminal, else JSON")
    ] = "auto"

    def __post_init__(self) -> None:
        problems = [*self._session_problems(), *self._telegram_problems()]
        problems += [
            f"{name.upper()} {str(path)!r} names no file"
            for name in ("outbox_path", "channels_file", "failure_queue_path")
            if not (path := Path(getattr(self, name))).name
        ]
        parts = urlsplit(self.api_endpoint)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            problems.append(f"API_ENDPOINT {self.api_endpoint!r} is no http or https URL")
        elif parts.username or parts.password:
            problems.append("API_ENDPOINT carries a password; the token alone authenticates")
        elif not parts.path.endswith(wire.INGEST_PATH):
            problems.append(f"API_ENDPOINT {self.api_endpoint!r} does not end in /ingest")
        if problems:
            raise SettingsError(problems)

    def _telegram_problems(self) -> Iterator[str]:
        """Settings that only make sense together."""
        token = self.telegram_ingestion_bot_token
        if token and not re.fullmatch(r"[0-9]+:[A-Za-z0-9_-]+", token.reveal()):
            yield (
                "TELEGRAM_INGESTION_BOT_TOKEN is no bot token: it is a number, a colon and some 35"
                " letters; copy it whole from @BotFather (/mybots, API Token)"
            )
        if self.telegram_destination_channel_id is not None and self.telegram_api_id is None:
            yield (
                "TELEGRAM_DESTINATION_CHANNEL_ID needs the user session, which forwards:"
                " set TELEGRAM_API_ID and TELEGRAM_API_HASH"
            )

    @property
    def backoff(self) -> Backoff:
        """How long to wait between two tries, of a delivery as of a source."""
        return Backoff(
            self.max_retry_attempts, self.retry_delay_ms / 1000, self.retry_max_delay_ms / 1000
        )

    @property
    def status_endpoint(self) -> str:
        """URL of `POST /gateway/status`."""
        return self.api_endpoint.removesuffix(wire.INGEST_PATH) + wire.STATUS_PATH

    @property
    def canary_endpoint(self) -> str:
        """URL of `POST /ingest/canary`."""
        return self.api_endpoint.removesuffix(wire.INGEST_PATH) + CANARY_PATH

    @property
    def batch_endpoint(self) -> str:
        """URL of `POST /ingest/batch`."""
        return self.api_endpoint.removesuffix(wire.INGEST_PATH) + wire.BATCH_PATH


def from_environment(environ: Mapping[str, str]) -> Settings:
    """The settings; raises SettingsError with a sentence for every problem."""
    return environment.load(Settings, environ)
