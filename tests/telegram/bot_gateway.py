"""A gateway with a bot, as a process of its own, against the scripted Bot API server."""

from pathlib import Path

from tests.gateway_process import GatewayProcess
from tests.running_gateway import NOBODY_LISTENS
from tests.telegram.bot_api_server import TOKEN, BotApiServer


def gateway(folder: Path, server: BotApiServer, token: str = TOKEN, **more: str) -> GatewayProcess:
    """A gateway with a bot, whose API is not there."""
    return GatewayProcess(
        folder / "outbox.sqlite3",
        NOBODY_LISTENS,
        folder / "gateway.log",
        TELEGRAM_INGESTION_BOT_TOKEN=token,
        TELEGRAM_BOT_API_BASE=server.base,
        CHANNELS_FILE=str(folder / "channels.toml"),
        **more,
    )
