"""Which sources a gateway has, by its settings. A source's library is loaded when it is on."""

from pathlib import Path

from contracts.message import Message
from contracts.plain_words import cause
from contracts.secret import Secret
from contracts.telemetry import Telemetry
from gateway_outbox.channels_file import Channels
from gateway_outbox.errors import ReplayFileError
from gateway_outbox.forward.forward_queue import ForwardQueue
from gateway_outbox.media.media_queue import MediaQueue
from gateway_outbox.outbox.outbox import Outbox
from gateway_outbox.replay.replay_source import Replay, ReplaySource
from gateway_outbox.settings import Settings
from gateway_outbox.side_queues import SideQueues
from gateway_outbox.source import Source
from gateway_outbox.user.history_desk import HistoryDesk


def open_sources(
    settings: Settings,
    channels: Channels,
    outbox: Outbox,
    telemetry: Telemetry,
    desk: HistoryDesk,
) -> list[Source]:
    """The sources that the settings turn on; `desk` is where the user session reads history.

    Raises ReplayFileError when a file to replay is all there is, and it is not there. Beside
    another source health shows it: a setting that was left behind must not keep Telegram out.
    """
    sources: list[Source] = []
    queues = SideQueues()
    if settings.telegram_api_id is not None:
        from gateway_outbox.user_lanes_source import open_user_source

        # The user session alone can forward and download, also what the bot receives.
        queues = _side_queues(settings, channels, outbox)
        sources.append(open_user_source(settings, channels, outbox, telemetry, queues, desk))
    if settings.telegram_ingestion_bot_token:
        sources.append(_bot(settings, channels, outbox, telemetry, queues))
    if file := settings.replay_file:
        sources.append(_replay(file, settings.replay_rate, outbox, is_alone=not sources))
    return sources


def _side_queues(settings: Settings, channels: Channels, outbox: Outbox) -> SideQueues:
    media = None
    if settings.media_dir is not None:
        media = MediaQueue(
            outbox, settings.media_dir, settings.media_kinds, settings.media_max_age_days
        )
    return SideQueues(ForwardQueue(outbox, channels), media)


def _bot(
    settings: Settings,
    channels: Channels,
    outbox: Outbox,
    telemetry: Telemetry,
    queues: SideQueues,
) -> Source:
    from gateway_outbox.bot.bot_api_source import BotApi
    from gateway_outbox.bot.bot_source import BotSource, Polling

    token = settings.telegram_ingestion_bot_token or Secret("")
    api = BotApi(token, settings.telegram_bot_api_base)
    polling = Polling(settings.backoff, settings.take_over_webhook)
    return BotSource(api, channels, outbox, telemetry, polling, queues)


def _replay(path: Path, rate: float | None, outbox: Outbox, *, is_alone: bool) -> ReplaySource:
    if is_alone:
        _ensure_readable(path)

    async def append(messages: list[Message]) -> None:
        await outbox.append(messages, "replay")

    return ReplaySource(Replay(path=path, append=append, rate=rate))


def _ensure_readable(path: Path) -> None:
    try:
        path.open("rb").close()
    except OSError as error:
        raise ReplayFileError(str(path), cause(error)) from error
