"""Which files are wanted, and the names they are known by before they are here."""

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from contracts.message import Message, Photo
from gateway_outbox.media.media_file import PART_BYTES, MediaFile, MediaFolderError
from gateway_outbox.media.media_queue import MediaQueue, file_name
from gateway_outbox.outbox.outbox import Outbox
from tests.messages import CHANNEL, message


@pytest.fixture
def queue(outbox: Outbox, tmp_path: Path) -> MediaQueue:
    """Photos and videos of a week."""
    return MediaQueue(outbox, tmp_path / "media", "photo, VIDEO", 7.0)


def photo(number: int = 1, **fields: Any) -> Message:
    """A message with a photo that was sent just now."""
    fields = {"timestamp": datetime.now(UTC), "media_type": "photo", **fields}
    return replace(message(number), **fields)


def test_a_name_is_as_it_always_was() -> None:
    """Chat id without minus, message id, send time in ms."""
    sent = datetime(2026, 11, 16, 13, 30, tzinfo=UTC)
    assert file_name(photo(7, timestamp=sent)) == f"{-CHANNEL}_7_{int(sent.timestamp())}000.jpg"
    assert file_name(photo(media_type="document")).endswith(".bin")


@pytest.mark.parametrize(
    ("photos", "expected"),
    [
        ([{"id": "5", "width": 8, "height": 6}], {"id": "5", "width": 8, "height": 6}),
        (["AgAC"], {"id": "AgAC"}),
        ([], {"kind": "photo"}),
    ],
)
async def test_the_message_carries_the_name(
    queue: MediaQueue, photos: list[Photo], expected: dict[str, Any]
) -> None:
    """Beside what is known of the photo, whatever source has it."""
    sent = photo(photos=photos)
    assert queue.named(sent).photos == [{**expected, "file": file_name(sent)}]


@pytest.mark.parametrize(
    "fields",
    [
        {"media_type": None},
        {"media_type": "document"},
        {"timestamp": datetime.now(UTC) - timedelta(days=8)},
        {"deleted_at": datetime.now(UTC)},
    ],
)
async def test_what_is_not_wanted_is_left_alone(queue: MediaQueue, fields: dict[str, Any]) -> None:
    """No media, another kind, too old, deleted."""
    sent = photo(**fields)
    assert queue.named(sent) is sent
    assert queue.queue_rows([sent]) == []


async def test_a_file_is_queued_once_and_settled(outbox: Outbox, queue: MediaQueue) -> None:
    """Its attempts are counted; what is settled waits no more."""
    batch = [photo(1), photo(2, media_type="video")]
    await outbox.append(batch, "user", queue.queue_rows(batch))
    await outbox.append(batch, "bot", queue.queue_rows(batch))
    files = await queue.waiting()
    assert [(each.message_id, each.kind, each.attempts) for each in files] == [
        (1, "photo", 0),
        (2, "video", 0),
    ]
    await queue.tried(files[0])
    await queue.settle(files[1], "done", size=5)
    assert [each.attempts for each in await queue.waiting()] == [1]
    assert await queue.pending() == 1


def test_a_part_is_resumed_at_a_whole_step(tmp_path: Path) -> None:
    """What lies beyond is cut off; the whole file appears at once, readable by all."""
    folder = tmp_path / "new" / "media"
    file = MediaFile(folder, "a.jpg", 5)
    size = PART_BYTES + 10
    assert file.begin(size) == 0
    file.write(b"x" * (PART_BYTES + 3))
    assert MediaFile(folder, "a.jpg", 5).begin(size) == PART_BYTES
    assert MediaFile(folder, "a.jpg", 6).begin(size) == 0, "an edit brought another photo"
    file.write(b"y" * 10)
    assert MediaFile(folder, "a.jpg", 5).begin(size) == size
    assert not (folder / "a.jpg").exists()
    assert file.finish(size)
    assert (folder / "a.jpg").read_bytes() == b"x" * PART_BYTES + b"y" * 10
    assert stat.S_IMODE(folder.stat().st_mode) == 0o755
    assert stat.S_IMODE((folder / "a.jpg").stat().st_mode) == 0o644


def test_a_file_of_another_size_is_thrown_away(tmp_path: Path) -> None:
    """It is tried again from its start."""
    file = MediaFile(tmp_path, "a.jpg", 5)
    file.begin(3)
    file.write(b"xx")
    assert not file.finish(3)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    """It names the variable, the folder and the reason."""
    (tmp_path / "media").write_text("a file")
    file = MediaFile(tmp_path / "media", "a.jpg", 5)
    for act in (lambda: file.begin(3), lambda: file.write(b"x"), lambda: file.finish(3)):
        with pytest.raises(MediaFolderError, match=r"MEDIA_DIR .*/media cannot be written: "):
            act()
