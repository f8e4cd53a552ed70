"""The media lane against the scripted Telegram: files whole, resumed, refused, and never twice."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import anyio
import pytest
from telethon.tl import functions, types

from gateway_outbox.media import media_source
from gateway_outbox.media.media_file import PART_BYTES
from gateway_outbox.media.media_queue import MediaQueue
from gateway_outbox.media.media_source import MediaLane
from tests.telegram import file_answers
from tests.telegram.call import Call
from tests.telegram.channel import Channel, now
from tests.telegram.files import HOME
from tests.telegram.lane_rig import LaneRig, lane_rig, received, store
from tests.telegram.refusal import RefusedError
from tests.waiting import eventually

LARGE = os.urandom(3 * PART_BYTES + 1234)


@dataclass
class Downloading:
    """A rig with a channel, and the queue of its files."""

    rig: LaneRig
    channel: Channel
    queue: MediaQueue

    async def post(self, media: Any, **fields: Any) -> str:
        """Post in the channel, and receive it; returns the name of the file."""
        message = self.queue.named(received(self.channel.post("x", media=media, **fields)))
        await store(self.rig, [message], self.queue.queue_rows([message]))
        (entry,) = message.photos
        assert isinstance(entry, dict)
        return str(entry["file"])

    @asynccontextmanager
    async def running(self, max_bytes: int = 1_000_000) -> AsyncIterator[None]:
        """The lane for the length of the block."""
        rig = self.rig
        lane = MediaLane(rig.outbox, self.queue, rig.state, rig.telemetry, max_bytes)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(lane.run, rig.requests, rig.tracked)
            yield
            tasks.cancel_scope.cancel()

    async def settled(self) -> None:
        """Until nothing waits, and that is shown."""

        async def is_empty() -> bool:
            return await self.queue.pending() == 0

        await eventually(is_empty)
        await eventually(lambda: self.rig.state.gauges["telegram_media_pending"] == 0)

    @property
    def files(self) -> list[str]:
        """What is in the folder."""
        return sorted(each.name for each in self.queue.folder.glob("[!.]*") if each.is_file())

    async def counted(self, result: str) -> int:
        """How many files came to this."""
        return await self.rig.counted("telegram_media_files_total", result=result)


@pytest.fixture
async def downloading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Downloading]:
    """Ready to run, with short waits."""
    monkeypatch.setattr(media_source, "TROUBLE_SECONDS", 0.01)
    async with lane_rig(tmp_path) as rig:
        channel = rig.telegram.channel("Mesa")
        rig.follow(channel)
        queue = MediaQueue(rig.outbox, tmp_path / "media", "photo document", 7.0)
        yield Downloading(rig, channel, queue)


async def test_photos_and_documents_are_downloaded_whole(downloading: Downloading) -> None:
    """In parts, in the largest version; what is posted later wakes the lane."""
    files = downloading.rig.telegram.files
    photo = await downloading.post(files.photo(LARGE))
    async with downloading.running():
        await downloading.settled()
        document = await downloading.post(files.document(b"pdf", "a.pdf"))
        await downloading.settled()
    assert (downloading.queue.folder / photo).read_bytes() == LARGE
    assert (downloading.queue.folder / document).read_bytes() == b"pdf"
    assert downloading.files == sorted([photo, document])
    assert downloading.rig.server.count("upload.GetFile") >= 4
    assert await downloading.counted("done") == 2
    shown = downloading.rig.state.observed["media"]
    assert (shown["state"], shown["pending"]) == ("downloading", 0)


async def test_a_download_goes_on_where_it_was(downloading: Downloading) -> None:
    """After a lost connection; the parts that are here are not asked for again."""
    name = await downloading.post(downloading.rig.telegram.files.photo(LARGE))
    rig = downloading.rig

    def third_is_lost(call: Call) -> Any:
        if rig.server.count("upload.GetFile") == 3:
            rig.server.drop_all()
            raise RefusedError(500, "RPC_CALL_FAIL")
        return file_answers.part(call)

    rig.server.answers[functions.upload.GetFileRequest] = third_is_lost
    with pytest.raises(BaseExceptionGroup):
        async with downloading.running():
            await downloading.settled()
    assert downloading.files == []
    rig.server.asked.clear()
    await rig.requests.client.disconnect()
    await rig.requests.client.connect()
    async with downloading.running():
        await downloading.settled()
    asked = [each.offset for called, each in rig.server.asked if called == "upload.GetFile"]
    assert min(asked) == 2 * PART_BYTES
    assert (downloading.queue.folder / name).read_bytes() == LARGE


async def test_an_expired_reference_is_renewed(downloading: Downloading) -> None:
    """The message is asked for again, and the download goes on."""
    name = await downloading.post(downloading.rig.telegram.files.photo(LARGE))
    faults = downloading.rig.server.faults
    faults.fail("upload.GetFile", 400, "FILE_REFERENCE_EXPIRED", times=2)
    async with downloading.running():
        await downloading.settled()
    assert (downloading.queue.folder / name).read_bytes() == LARGE
    assert downloading.rig.server.count("channels.GetMessages") == 3


async def test_a_flood_wait_is_obeyed(downloading: Downloading) -> None:
    """In the middle of a file, too."""
    name = await downloading.post(downloading.rig.telegram.files.photo(LARGE))
    downloading.rig.server.faults.flood("upload.GetFile", 1)
    begun = anyio.current_time()
    async with downloading.running():
        await downloading.settled()
    assert anyio.current_time() - begun >= 1
    assert (downloading.queue.folder / name).read_bytes() == LARGE


async def test_what_cannot_be_had_is_settled_with_its_reason(downloading: Downloading) -> None:
    """Too large, deleted, too old by now, and what Telegram refuses."""
    files = downloading.rig.telegram.files
    await downloading.post(files.photo(LARGE))
    await downloading.post(files.photo(b"small"))
    downloading.channel.delete([2])
    await downloading.post(files.photo(b"old"))
    old = datetime.now(UTC) - timedelta(days=8)
    downloading.channel.messages[3].date = old
    async with downloading.running(max_bytes=1000):
        await downloading.settled()
        await downloading.post(files.photo(b"none"))
        files.by_id.clear()
        await downloading.settled()
    assert downloading.files == []
    assert (await downloading.counted("refused"), await downloading.counted("expired")) == (2, 2)


async def test_a_file_that_never_comes_is_given_up(downloading: Downloading) -> None:
    """After a number of attempts; the next one is downloaded."""
    files = downloading.rig.telegram.files
    await downloading.post(files.photo(LARGE))
    downloading.rig.server.faults.fail(
        "upload.GetFile", 400, "FILE_REFERENCE_EXPIRED", times=media_source.MOST_ATTEMPTS
    )
    good = await downloading.post(files.photo(b"good"))
    async with downloading.running():
        await downloading.settled()
    assert downloading.files == [good]
    assert await downloading.counted("expired") == 1


async def test_a_folder_that_cannot_be_written_holds(
    downloading: Downloading, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is shown; nothing is given up, and it goes on when the folder can be written."""
    monkeypatch.setattr(media_source, "LOOK_SECONDS", 0.05)
    downloading.queue.folder.write_text("in the way")
    name = await downloading.post(downloading.rig.telegram.files.photo(b"x" * 9))
    observed = downloading.rig.state.observed
    async with downloading.running():
        await eventually(lambda: observed.get("media", {}).get("state") == "held")
        assert "MEDIA_DIR" in observed["media"]["reason"]
        downloading.queue.folder.unlink()
        await downloading.settled()
    assert downloading.files == [name]


async def test_a_channel_that_cannot_be_read_holds_up_no_other(
    downloading: Downloading, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many files wait in it; they come as soon as it can be read."""
    monkeypatch.setattr(media_source, "LOOK_SECONDS", 0.05)
    rig, queue = downloading.rig, downloading.queue
    shut = rig.telegram.channel("Fechada")
    photo = rig.telegram.files.photo(b"shut")
    batch = [queue.named(received(shut.post("x", media=photo))) for _ in range(120)]
    await store(rig, batch, queue.queue_rows(batch))
    name = await downloading.post(rig.telegram.files.photo(b"open"))
    async with downloading.running():
        await eventually(lambda: downloading.files == [name])
        rig.follow(shut)
        await eventually(lambda: len(downloading.files) > 1)


async def test_a_photo_that_loads_step_by_step(downloading: Downloading) -> None:
    """Its last step is the largest version."""
    files = downloading.rig.telegram.files
    media = files.photo(LARGE)
    stored = files.by_id[media.photo.id]
    steps = types.PhotoSizeProgressive("y", 1280, 960, [1000, 50_000, len(LARGE)])
    media.photo.sizes = [types.PhotoSize("m", 320, 240, 9000), steps]
    stored.contents = {"m": LARGE[:9000], "y": LARGE}
    name = await downloading.post(media)
    async with downloading.running():
        await downloading.settled()
    assert (downloading.queue.folder / name).read_bytes() == LARGE


@pytest.mark.parametrize(
    "media",
    [
        None,
        types.MessageMediaPhoto(photo=types.PhotoEmpty(1)),
        types.MessageMediaPhoto(
            photo=types.Photo(1, 1, b"", now(), [types.PhotoStrippedSize("i", b"\x01")], HOME)
        ),
        types.MessageMediaDocument(document=types.DocumentEmpty(1)),
        types.MessageMediaGeo(types.GeoPoint(-46.6, -23.5, 1)),
    ],
    ids=["none", "empty photo", "only a preview", "empty document", "a place"],
)
async def test_a_message_that_lost_its_file(
    downloading: Downloading, caplog: pytest.LogCaptureFixture, media: Any
) -> None:
    """It was edited meanwhile: said, and nothing is asked for."""
    name = await downloading.post(downloading.rig.telegram.files.photo(b"x"))
    downloading.channel.edit(1, "without", media=media)
    async with downloading.running():
        await downloading.settled()
    assert await downloading.counted("expired") == 1
    assert any(name in said and "has no file (any more)" in said for said in caplog.messages)
    assert downloading.rig.server.count("upload.GetFile") == 0


async def test_a_file_that_is_not_as_large_as_was_said(
    downloading: Downloading, caplog: pytest.LogCaptureFixture
) -> None:
    """It is never shown as whole; after a number of attempts it is given up, parts and all."""
    files = downloading.rig.telegram.files
    media = files.photo(LARGE)
    files.by_id[media.photo.id].contents["x"] = LARGE[:-100]
    await downloading.post(media)
    async with downloading.running():
        await downloading.settled()
    assert any("came with another size at 8 attempts" in each for each in caplog.messages)
    assert await downloading.counted("expired") == 1
    assert [each.name for each in downloading.queue.folder.rglob("*") if each.is_file()] == []


async def test_a_channel_taken_off_while_the_queue_is_read_ends_nothing(
    downloading: Downloading,
) -> None:
    """The file that was chosen is downloaded; the next look leaves the channel out."""
    rig = downloading.rig
    name = await downloading.post(rig.telegram.files.photo(b"jpg"))
    lane = MediaLane(rig.outbox, downloading.queue, rig.state, rig.telemetry, 1_000_000)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(lane._next, rig.requests, rig.tracked)
        await anyio.lowlevel.checkpoint()  # it waits for the outbox now
        rig.tracked.clear()
    assert downloading.files == [name]
    assert not await lane._next(rig.requests, rig.tracked)
