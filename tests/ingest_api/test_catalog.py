"""GET /signals: the old shape, newest first, and never an invented row."""

from decimal import Decimal
from typing import Any

import aiohttp
import pytest

from ingest_api.signals.catalog import price
from tests.ingest_api.messages import body
from tests.ingest_api.test_ingest import HEADERS

_KEYS = [
    "id",
    "ts",
    "channel",
    "signal_type",
    "asset",
    "buy_min",
    "buy_max",
    "target_1",
    "target_2",
    "target_final",
    "stop",
    "raw_message",
    "source",
    "ingested_at",
    "created_at",
    "updated_at",
]


def _text(asset: str, remark: str = "") -> str:
    return f"Ativo: {asset}\nCompra: 1,12 a 1,155\nAlvo 1: 1,30\nAlvo 2: 12345678901,5\n{remark}"


@pytest.fixture
async def signals(client: aiohttp.ClientSession) -> aiohttp.ClientSession:
    """A client of an API that holds five signals on three days and in two channels."""
    days = ["2025-10-24T02:59:59Z", "2025-10-24T03:00:00Z", "2025-10-25T02:59:59Z"]
    messages = [
        body(n, _text(f"PETR{n}"), channelId=-1001, timestamp=day) for n, day in enumerate(days, 1)
    ]
    messages.append(body(4, _text("VALE3", "100% risco_alto"), channelId=-1002))
    messages.append(body(5, f"Day Trade\n{_text('ITUB4')}", channelId=-1002))
    async with client.post("/ingest/batch", json={"messages": messages}, headers=HEADERS) as answer:
        assert {result["kind"] for result in (await answer.json())["results"]} == {"signal"}
    return client


async def _get(client: aiohttp.ClientSession, **query: str) -> list[dict[str, Any]]:
    async with client.get("/signals", params=query) as answer:
        assert answer.status == 200
        found: list[dict[str, Any]] = (await answer.json())["data"]
        return found


async def test_rows_have_the_old_shape_and_more(signals: aiohttp.ClientSession) -> None:
    """The old keys in their order, prices as exact strings; the new keys after them."""
    (row,) = await _get(signals, search="VALE3")
    assert list(row)[: len(_KEYS)] == _KEYS
    assert (row["buy_min"], row["buy_max"], row["target_2"]) == ("1.12", "1.155", "12345678901.50")
    assert (row["target_final"], row["stop"], row["channel"]) == (None, None, "-1002")
    assert row["ts"] == 1761397200000
    assert row["ingested_at"].endswith("Z")
    assert row["targets"] == ["1.30", "12345678901.50"]
    assert (row["status"], row["revision"], row["message_id"]) == ("active", 1, 4)


async def test_the_newest_come_first_and_limit_cuts(signals: aiohttp.ClientSession) -> None:
    """Ordered by send time, ties by id."""
    assert [row["asset"] for row in await _get(signals)] == [
        "ITUB4",
        "VALE3",
        "PETR3",
        "PETR2",
        "PETR1",
    ]
    assert [row["asset"] for row in await _get(signals, limit="1")] == ["ITUB4"]


@pytest.mark.parametrize(
    ("query", "assets"),
    [
        ({"channel": "-1001"}, ["PETR3", "PETR2", "PETR1"]),
        ({"type": "Day Trade"}, ["ITUB4"]),
        ({"search": "petr2"}, ["PETR2"]),
        ({"search": "petr2", "limit": "1"}, ["PETR2"]),
        ({"search": "0% RISCO_"}, ["VALE3"]),
        ({"search": "%"}, ["VALE3"]),
        ({"search": "_"}, ["VALE3"]),
        ({"search": "\\"}, []),
        ({"from": "2025-10-24", "to": "2025-10-24"}, ["PETR3", "PETR2"]),
        ({"to": "2025-10-23"}, ["PETR1"]),
        ({"from": "2025-10-25", "channel": "-1002", "search": "ITUB"}, ["ITUB4"]),
    ],
)
async def test_filters_find_what_they_say(
    signals: aiohttp.ClientSession, query: dict[str, str], assets: list[str]
) -> None:
    """Each filter alone and together; search comes before the limit, wildcards mean themselves."""
    assert [row["asset"] for row in await _get(signals, **query)] == assets


async def test_a_bad_parameter_is_a_problem(client: aiohttp.ClientSession) -> None:
    """400, with the parameter's name."""
    async with client.get("/signals", params={"limit": "0"}) as answer:
        assert (answer.status, answer.content_type) == (400, "application/problem+json")
        assert (await answer.json(content_type=None))["errors"][0]["path"] == "limit"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("1", "1.00"),
        ("0.445", "0.445"),
        ("1E+2", "100.00"),
        ("0.10", "0.10"),
        ("1E-9", "0.000000001"),
    ],
)
def test_prices_keep_every_digit(value: str, shown: str) -> None:
    """Two decimals at least, never rounded, never an exponent."""
    assert price(Decimal(value)) == shown
