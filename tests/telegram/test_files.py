"""Files of the model, downloaded by the real Telethon."""

import random

import pytest
from telethon import TelegramClient, errors, functions, types

from tests.telegram.channel import Channel
from tests.telegram.world import Telegram

CONTENT = random.Random(1).randbytes(200_000)


@pytest.fixture
def channel(telegram: Telegram) -> Channel:
    """A public channel with a photo and a document."""
    channel = telegram.channel("Signals", username="signals")
    channel.post("chart", media=telegram.files.photo(CONTENT), push=False)
    report = telegram.files.document(CONTENT * 8, "report.pdf")
    channel.post("report", media=report, push=False)
    return channel


@pytest.mark.parametrize(("id_", "times"), [(1, 1), (2, 8)])
async def test_media_is_downloaded(
    client: TelegramClient, channel: Channel, id_: int, times: int
) -> None:
    """The largest size of a photo; a document part by part."""
    message = await client.get_messages(channel.username, ids=id_)
    assert await client.download_media(message, bytes) == CONTENT * times


async def test_a_reference_expires(
    client: TelegramClient, telegram: Telegram, channel: Channel
) -> None:
    """The message, asked for again, has the new one."""
    message = await client.get_messages(channel.username, ids=1)
    telegram.files.expire()
    with pytest.raises(errors.FileReferenceExpiredError):
        await client.download_media(message, bytes)
    message = await client.get_messages(channel.username, ids=1)
    assert await client.download_media(message, bytes) == CONTENT


async def test_parts_have_rules(
    client: TelegramClient, telegram: Telegram, channel: Channel
) -> None:
    """And a file stays where it is stored."""
    photo = channel.messages[1].media.photo
    where = types.InputPhotoFileLocation(
        photo.id, photo.access_hash, photo.file_reference, thumb_size="x"
    )
    part = await client(functions.upload.GetFileRequest(where, 4096, 8192))
    assert part.bytes == CONTENT[4096 : 4096 + 8192]
    with pytest.raises(errors.LimitInvalidError):
        await client(functions.upload.GetFileRequest(where, 0, 12288))
    with pytest.raises(errors.OffsetInvalidError):
        await client(functions.upload.GetFileRequest(where, 7, 4096))
    telegram.files.by_id[photo.id].holder.dc_id = 4
    with pytest.raises(errors.FileMigrateError):
        await client(functions.upload.GetFileRequest(where, 0, 4096))
