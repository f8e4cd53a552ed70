"""The media lane: files of messages into MEDIA_DIR, one after the other, each resumed where it was.

A lane of the user session. The reference that a file is fetched with expires, so a message is
always asked for anew; a part that is on disk is kept over restarts.
"""

import logging
from pathlib import Path
from typing import Any, Literal, NamedTuple

import anyio
import anyio.to_thread
from telethon import errors
from telethon.tl import functions, types

from contracts.telemetry import Telemetry
from gateway_outbox.media.media_file import PART_BYTES, MediaFile, MediaFolderError
from gateway_outbox.media.media_queue import MediaEnd, MediaQueue, WaitingFile
from gateway_outbox.outbox.outbox import Outbox
from gateway_outbox.source import SourceState
from gateway_outbox.user.request_source import Requests
from gateway_outbox.user.tracked_channel import TrackedChannel

log = logging.getLogger(__name__)

LOOK_SECONDS = 30.0  # a new file wakes us; this is for channels that can be read again
TROUBLE_SECONDS = 5.0
MOST_ATTEMPTS = 8


class Remote(NamedTuple):
    """A file at Telegram: where, how many bytes, and in which data centre. `id` names its parts."""

    id: int
    location: Any
    size: int
    centre: int


class _GoneError(Exception):
    """A file that cannot be had any more, or must not: how it is settled, and why."""

    def __init__(self, state: Literal["refused", "expired"], reason: str) -> None:
        super().__init__(reason)
        self.state = state


class MediaLane:
    """Made once; `run` is one connection's life. `max_bytes` is the largest file."""

    def __init__(
        self,
        outbox: Outbox,
        queue: MediaQueue,
        state: SourceState,
        telemetry: Telemetry,
        max_bytes: int,
    ) -> None:
        self._queue = queue
        self._state = state
        self._telemetry = telemetry
        self._max_bytes = max_bytes
        self._woken = anyio.Event()
        outbox.on_pending(self._wake)

    async def run(self, requests: Requests, channels: dict[int, TrackedChannel]) -> None:
        """Download what waits, until cancelled; raises as `Lane.run`."""
        while True:
            self._woken = anyio.Event()
            await self._show()
            try:
                found = await self._next(requests, channels)
            except MediaFolderError as error:
                log.error("%s", error, extra={"action": "media.held"})  # noqa: TRY400  # the disk is at fault, not the code
                await self._show(str(error))
                await anyio.sleep(LOOK_SECONDS)
                continue
            if not found:
                with anyio.move_on_after(LOOK_SECONDS):
                    await self._woken.wait()

    async def _next(self, requests: Requests, channels: dict[int, TrackedChannel]) -> bool:
        """Deal with one file; False when there is none to deal with."""
        # Kept from here on: one may be taken off the declared channels while the queue is read.
        readable = {id_: each for id_, each in channels.items() if each.is_readable}
        for file in await self._queue.waiting([*readable]):
            await self._deal(requests, readable[file.channel_id], file)
            return True
        return False

    async def _deal(self, requests: Requests, channel: TrackedChannel, file: WaitingFile) -> None:
        try:
            remote = await self._find(requests, channel, file)
            whole = await self._download(requests, remote, file)
        except _GoneError as error:
            await self._settle(file, error.state, reason=str(error))
        except (errors.FileReferenceExpiredError, errors.ServerError) as error:
            # An expired reference is new when the message is asked for again.
            await self._try_again(file, type(error).__name__)
        except (errors.BadRequestError, errors.ForbiddenError) as error:
            await self._settle(file, "refused", reason=f"Telegram: {type(error).__name__}")
        else:
            if whole:
                await self._settle(file, "done", size=remote.size)
            else:
                await self._try_again(file, "came with another size")

    async def _try_again(self, file: WaitingFile, reason: str) -> None:
        await self._queue.tried(file)
        if file.attempts + 1 >= MOST_ATTEMPTS:
            reason = f"{reason} at {MOST_ATTEMPTS} attempts"
            await self._settle(file, "expired", reason=reason)
        else:
            await anyio.sleep(TROUBLE_SECONDS * file.attempts)

    async def _find(self, requests: Requests, channel: TrackedChannel, file: WaitingFile) -> Remote:
        """The message's file as it is now. Raises _GoneError when there is none to be had."""
        ids = [types.InputMessageID(file.message_id)]
        where = types.InputChannel(channel.bare_id, channel.access_hash)
        answer = await requests.ask(functions.channels.GetMessagesRequest(where, ids))
        message = next(iter(answer.messages), None)
        if not isinstance(message, types.Message):
            raise _GoneError("expired", "the message was deleted")
        if self._queue.is_too_old(message.date):
            raise _GoneError("expired", f"older than {self._queue.max_age.days} days")
        remote = _remote(message.media)
        if remote is None:
            raise _GoneError("expired", "the message has no file (any more)")
        if remote.size > self._max_bytes:
            reason = f"{remote.size} bytes; MEDIA_MAX_BYTES is {self._max_bytes}"
            raise _GoneError("refused", reason)
        return remote

    async def _download(self, requests: Requests, remote: Remote, file: WaitingFile) -> bool:
        """Bring the rest of it; False when it is not as large as Telegram said."""
        target = MediaFile(self._queue.folder, file.file, remote.id)
        offset = await anyio.to_thread.run_sync(target.begin, remote.size)
        parts = requests.parts(
            remote.location, offset, remote.size, at_a_time=PART_BYTES, centre=remote.centre
        )
        async for part in parts:
            await anyio.to_thread.run_sync(target.write, part)
        return await anyio.to_thread.run_sync(target.finish, remote.size)

    async def _settle(
        self,
        file: WaitingFile,
        state: MediaEnd,
        *,
        size: int | None = None,
        reason: str | None = None,
    ) -> None:
        await self._queue.settle(file, state, size=size, reason=reason)
        self._telemetry.add("telegram_media_files_total", result=state)
        if state != "done":
            await anyio.to_thread.run_sync(_remove_parts, self._queue.folder, file.file)
            message = "no file %s: message %d of %d: %s"
            extra = {
                "action": f"media.{state}",
                "channel_id": file.channel_id,
                "message_id": file.message_id,
            }
            told = (file.file, file.message_id, file.channel_id, reason)
            log.warning(message, *told, extra=extra)

    async def _show(self, trouble: str = "") -> None:
        pending = await self._queue.pending()
        self._state.gauges["telegram_media_pending"] = float(pending)
        self._state.alarms.pop("media", None)
        if trouble:
            self._state.alarms["media"] = trouble
        self._state.observed["media"] = {
            "state": "held" if trouble else "downloading",
            "folder": str(self._queue.folder),
            "pending": pending,
            "reason": trouble or None,
        }

    def _wake(self) -> None:
        self._woken.set()


def _remove_parts(folder: Path, name: str) -> None:
    for part in folder.glob(f".{name}.*.part"):
        part.unlink(missing_ok=True)


def _remote(media: Any) -> Remote | None:
    """The photo in its largest version, or the document."""
    if isinstance(media, types.MessageMediaPhoto) and isinstance(media.photo, types.Photo):
        photo = media.photo
        sizes = [(_bytes_of(each), each) for each in photo.sizes]
        size, largest = max(sizes, key=lambda pair: pair[0], default=(0, None))
        if not size or largest is None:
            return None
        location = types.InputPhotoFileLocation(
            photo.id, photo.access_hash, photo.file_reference, largest.type
        )
        return Remote(photo.id, location, size, photo.dc_id)
    if isinstance(media, types.MessageMediaDocument) and isinstance(media.document, types.Document):
        document = media.document
        location = types.InputDocumentFileLocation(
            document.id, document.access_hash, document.file_reference, ""
        )
        return Remote(document.id, location, document.size, document.dc_id)
    return None


def _bytes_of(size: Any) -> int:
    """Bytes of a version that can be downloaded, else 0."""
    if isinstance(size, types.PhotoSizeProgressive):
        return max(size.sizes, default=0)
    return int(size.size) if isinstance(size, types.PhotoSize) else 0
