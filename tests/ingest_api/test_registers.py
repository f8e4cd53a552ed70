"""The registers of channels, in both spellings, and of bots."""

import re
from typing import Any

import aiohttp
import psycopg
import pytest

from tests.api_process import ApiProcess

TOKEN = "123456789:AAbbCCddEEffGGhhIIjjKKllMMnnOOppQQr"
_CHANNEL = [
    *("id", "label", "channel_id", "channel_type", "description"),
    *("status", "signal_count", "last_signal", "created_at", "updated_at"),
]


async def _ask(
    client: aiohttp.ClientSession, method: str, path: str, body: Any = None
) -> tuple[int, dict[str, Any]]:
    async with client.request(method, path, json=body) as answer:
        return answer.status, await answer.json(content_type=None)


async def _listed(client: aiohttp.ClientSession, path: str, place: str) -> list[dict[str, Any]]:
    _, answer = await _ask(client, "GET", path)
    return [each for each in answer["data"] if each["id"] == place]


async def test_a_channel_is_registered_as_the_dashboard_does_it(
    client: aiohttp.ClientSession,
) -> None:
    """201 with the channel; blanks around its label are not part of it."""
    new = {"label": "  TP Capital ", "channel_id": "-1001649127710"}
    status, answer = await _ask(client, "POST", "/telegram-channels", new)
    channel = answer["channel"]
    assert (status, answer["success"]) == (201, True)
    assert re.fullmatch(r"ch_\d{13,}", channel["id"])
    assert channel == {
        "id": channel["id"],
        "label": "TP Capital",
        "channel_id": "-1001649127710",
        "channel_type": "source",
        "description": "",
    }


async def test_a_channels_life(client: aiohttp.ClientSession) -> None:
    """Registered, listed in full, changed field by field, deleted softly, and then unknown."""
    new = {"label": "A", "channel_id": "-1001649127711", "channel_type": "destination"}
    _, answer = await _ask(client, "POST", "/telegram-channels", new)
    place = answer["channel"]["id"]
    path = f"/telegram-channels/{place}"
    change = {
        "label": "B",
        "status": "inactive",
        "signal_count": 3,
        "last_signal": "2025-10-25T13:00:00.000Z",
    }
    assert await _ask(client, "PUT", path, change) == (200, {"success": True})
    (shown,) = await _listed(client, "/telegram-channels", place)
    assert list(shown) == _CHANNEL
    assert shown | {"created_at": "", "updated_at": ""} == {
        "id": place,
        "channel_id": "-1001649127711",
        "channel_type": "destination",
        "description": "",
        "created_at": "",
        "updated_at": "",
        **change,
    }
    assert shown["updated_at"] > shown["created_at"]
    assert await _listed(client, "/telegram/channels", place) == [shown]
    assert await _ask(client, "DELETE", path) == (200, {"success": True})
    assert await _listed(client, "/telegram-channels", place) == []
    assert (await _ask(client, "DELETE", path))[0] == 404


async def test_the_other_spelling_answers_in_its_own_words(client: aiohttp.ClientSession) -> None:
    """200 with `status` and an id; a number is a channel id too."""
    new = {"label": "C", "channel_id": -1001649127712}
    status, answer = await _ask(client, "POST", "/telegram/channels", new)
    assert (status, answer["status"]) == (200, "ok")
    assert re.fullmatch(r"channel-\d{13}-[a-z0-9]{7}", answer["id"])
    path = f"/telegram/channels/{answer['id']}"
    assert await _ask(client, "PUT", path, {"description": "x"}) == (200, {"status": "ok"})
    (shown,) = await _listed(client, "/telegram/channels", answer["id"])
    assert (shown["channel_id"], shown["description"]) == ("-1001649127712", "x")
    assert await _ask(client, "DELETE", path) == (200, {"status": "ok"})
    _, listing = await _ask(client, "GET", "/telegram/channels")
    assert listing["timestamp"][19:] == "-03:00"


async def test_the_last_changed_comes_first(client: aiohttp.ClientSession) -> None:
    """As the old page lists them."""
    places = []
    for label in ("first", "second"):
        new = {"label": label, "channel_id": "-1001649127713"}
        places.append((await _ask(client, "POST", "/telegram/channels", new))[1]["id"])
    await _ask(client, "PUT", f"/telegram/channels/{places[0]}", {"label": "changed"})
    _, listing = await _ask(client, "GET", "/telegram/channels")
    assert [each["id"] for each in listing["data"]][:2] == places


@pytest.mark.parametrize("path", ["/telegram-channels", "/telegram/channels"])
@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({}, "label"),
        ({"label": "x"}, "channel_id"),
        ({"label": "   ", "channel_id": "-1001"}, "label"),
        ({"label": "x" * 101, "channel_id": "-1001"}, "label"),
        ({"label": "x", "channel_id": "-10x"}, "channel_id"),
        ({"label": "x", "channel_id": "1234567890123456"}, "channel_id"),
        ({"label": "x", "channel_id": "-1009999999999999999"}, None),
        ({"label": "x", "channel_id": "-9999999999999999999"}, "channel_id"),
        ({"label": "x", "channel_id": "0"}, "channel_id"),
        ({"label": "x", "channel_id": 1.5}, "channel_id"),
        ({"label": "x", "channel_id": "-1001", "channel_type": "both"}, "channel_type"),
        ({"label": "x", "channel_id": "-1001", "description": "x" * 501}, "description"),
        ({"label": "a\x00b", "channel_id": "-1001"}, "$"),
    ],
)
async def test_a_wrong_field_is_named(
    client: aiohttp.ClientSession, path: str, fields: dict[str, Any], fault: str | None
) -> None:
    """400, never the old 500."""
    status, answer = await _ask(client, "POST", path, fields)
    assert status == (400 if fault else 201 if path == "/telegram-channels" else 200)
    if fault:
        assert answer["errors"][0]["path"] == fault


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({}, 400),
        ({"status": "gone"}, 400),
        ({"signal_count": -1}, 400),
        ({"last_signal": "2025-10-25T13:00:00"}, 400),
        ({"label": "x"}, 404),
    ],
)
async def test_a_change_is_checked_and_its_channel_must_be_there(
    client: aiohttp.ClientSession, fields: dict[str, Any], status: int
) -> None:
    """An empty change and a wrong value are 400, an unknown id is 404."""
    for path in ("/telegram-channels/nobody", "/telegram/channels/nobody"):
        assert (await _ask(client, "PUT", path, fields))[0] == status
    assert (await _ask(client, "PUT", "/telegram/channels/a%00b", {"label": "x"}))[0] == 404


async def test_a_form_registers_a_channel(client: aiohttp.ClientSession) -> None:
    """urlencoded, as before."""
    form = {"label": "Form", "channel_id": "-1001649127714"}
    async with client.post("/telegram-channels", data=form) as answer:
        assert answer.status == 201


async def test_a_bots_life_without_its_token(
    client: aiohttp.ClientSession, api: ApiProcess, api_database: str
) -> None:
    """The token is in no answer, no table and no log: a fingerprint and its last four are."""
    new = {"username": "tp_capital_bot", "token": TOKEN}
    status, answer = await _ask(client, "POST", "/telegram/bots", new)
    assert (status, answer["status"]) == (200, "ok")
    assert re.fullmatch(r"bot-\d{13}-[a-z0-9]{7}", answer["id"])
    (shown,) = await _listed(client, "/telegram/bots", answer["id"])
    assert list(shown)[:8] == [
        *("id", "username", "token", "bot_type", "description", "status"),
        *("created_at", "updated_at"),
    ]
    assert (shown["token"], shown["bot_type"]) == (f"********{TOKEN[-4:]}", "Sender")
    assert re.fullmatch(r"[0-9a-f]{16}", shown["token_fingerprint"])
    path = f"/telegram/bots/{answer['id']}"
    change = {"token": TOKEN[:-4] + "zzzz", "bot_type": "Monitor"}
    assert await _ask(client, "PUT", path, change) == (200, {"status": "ok"})
    (changed,) = await _listed(client, "/telegram/bots", answer["id"])
    assert (changed["token"][-4:], changed["bot_type"]) == ("zzzz", "Monitor")
    assert changed["token_fingerprint"] != shown["token_fingerprint"]
    with psycopg.connect(api_database) as connection:
        rows = connection.execute("select * from tp_capital.telegram_bots").fetchall()
    assert TOKEN[10:-4] not in str(rows)
    assert TOKEN[10:-4] not in api.text
    assert await _ask(client, "DELETE", path) == (200, {"status": "ok"})
    assert await _listed(client, "/telegram/bots", answer["id"]) == []
    assert (await _ask(client, "DELETE", path))[0] == 404


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"username": "abcd"}, "username"),
        ({"username": "a b c d"}, "username"),
        ({"token": "1:short"}, "token"),
        ({"token": "x" * 60}, "token"),
        ({"bot_type": "Spy"}, "bot_type"),
        ({"description": "x" * 501}, "description"),
    ],
)
async def test_a_wrong_field_of_a_bot_is_named_and_not_repeated(
    client: aiohttp.ClientSession, fields: dict[str, Any], fault: str
) -> None:
    """400 with the field; a token that is refused does not stand in the answer either."""
    new = {"username": "tp_capital_bot", "token": TOKEN} | fields
    status, answer = await _ask(client, "POST", "/telegram/bots", new)
    assert (status, answer["errors"][0]["path"]) == (400, fault)
    assert str(new["token"]) not in str(answer)
    status, answer = await _ask(client, "PUT", "/telegram/bots/nobody", fields)
    assert (status, answer["errors"][0]["path"]) == (400, fault)


async def test_a_bot_that_is_not_there_cannot_be_changed(client: aiohttp.ClientSession) -> None:
    """404; and an empty change is 400."""
    path = "/telegram/bots/nobody"
    assert (await _ask(client, "PUT", path, {"description": "x"}))[0] == 404
    assert (await _ask(client, "PUT", path, {}))[0] == 400
