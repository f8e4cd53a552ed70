"""The history, read by the real Telethon."""

from telethon import TelegramClient, functions

from tests.telegram.world import Telegram


async def test_the_history_is_read_in_both_directions(
    client: TelegramClient, telegram: Telegram
) -> None:
    """In pages of 100."""
    channel = telegram.channel("Signals", username="signals")
    for number in range(1, 251):
        channel.post(str(number), push=False)
    channel.delete([7, 8], push=False)
    expected = [each for each in range(1, 251) if each not in {7, 8}]
    found = [each.id async for each in client.iter_messages("signals", reverse=True, wait_time=0)]
    assert found == expected
    found = [each.id async for each in client.iter_messages("signals", wait_time=0)]
    assert found == expected[::-1]
    later = client.iter_messages("signals", min_id=120, reverse=True, wait_time=0)
    found = [each.id async for each in later]
    assert found == list(range(121, 251))
    asked = await client(functions.messages.GetHistoryRequest("signals", 100, None, 0, 5, 0, 0, 0))
    assert [each.id for each in asked.messages] == [99, 98, 97, 96, 95]
