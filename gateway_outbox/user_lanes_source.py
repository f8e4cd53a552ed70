"""The user session with everything that runs on its one connection."""

from contracts.telemetry import Telemetry
from gateway_outbox.channels_file import Channels
from gateway_outbox.forward.forward_source import ForwardLane
from gateway_outbox.media.media_source import MediaLane
from gateway_outbox.outbox.outbox import Outbox
from gateway_outbox.settings import Settings
from gateway_outbox.side_queues import SideQueues
from gateway_outbox.source import SourceState
from gateway_outbox.user.backfill_source import BackfillLane
from gateway_outbox.user.history_desk import HistoryDesk
from gateway_outbox.user.request_source import Lane
from gateway_outbox.user.user_intake import SOURCE, UserIntake
from gateway_outbox.user.user_source import UserSource


def open_user_source(  # noqa: PLR0913, PLR0917  # the composition of all its parts
    settings: Settings,
    channels: Channels,
    outbox: Outbox,
    telemetry: Telemetry,
    queues: SideQueues,
    desk: HistoryDesk,
) -> UserSource:
    """The source with its lanes: forwarder, history, and files where MEDIA_DIR is set."""
    state = SourceState(SOURCE)
    intake = UserIntake(outbox, telemetry, state, settings.max_deletions, queues)
    per_minute = settings.forward_per_minute
    lanes: list[Lane] = [BackfillLane(intake, desk, telemetry)]
    if (forward := queues.forward) is not None:
        lanes.append(ForwardLane(outbox, forward, state, telemetry, per_minute))
    if (media := queues.media) is not None:
        lanes.append(MediaLane(outbox, media, state, telemetry, settings.media_max_bytes))
    source = UserSource(settings, channels, outbox, telemetry, lanes=lanes, intake=intake)
    desk.compare_all = source.compare_all
    return source
