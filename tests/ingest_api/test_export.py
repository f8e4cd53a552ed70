"""GET /signals.csv and /signals.json: all that is filtered, and nothing that a cell would run."""

import csv
from io import StringIO
from typing import Any

import aiohttp
import pytest

from ingest_api.signals.export import harmless
from tests.ingest_api.messages import SIGNAL, body
from tests.ingest_api.test_ingest import HEADERS

_MANY = 1203  # more than one page of the catalog


@pytest.fixture(scope="module")
def loaded() -> set[str]:
    """The addresses of the APIs that hold the signals already."""
    return set()


@pytest.fixture
async def signals(client: aiohttp.ClientSession, loaded: set[str]) -> aiohttp.ClientSession:
    """A client of an API with many signals, one of them with a formula before it."""
    if loaded:
        return client
    loaded.add("done")
    messages = [body(n, f"Ativo: PETR{n}\nCompra: 1,5\nAlvo: 2\nStop: 1") for n in range(1, _MANY)]
    evil = f'=HYPERLINK("http://x")\n{SIGNAL}'
    messages.append(body(_MANY, evil, channelId=-1002, timestamp="2025-10-26T02:30:00Z"))
    for first in range(0, _MANY, 500):
        batch = {"messages": messages[first : first + 500]}
        async with client.post("/ingest/batch", json=batch, headers=HEADERS) as answer:
            assert answer.status == 200
    return client


async def _csv(client: aiohttp.ClientSession, **query: str) -> list[dict[str, str]]:
    async with client.get("/signals.csv", params=query) as answer:
        assert answer.status == 200
        assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
        assert answer.headers["Content-Disposition"] == 'attachment; filename="signals.csv"'
        text = (await answer.read()).decode("utf-8-sig")
    separator = ";" if query.get("locale") == "pt-BR" else ","
    return [*csv.DictReader(StringIO(text, newline=""), delimiter=separator)]


async def test_all_rows_come_each_once(signals: aiohttp.ClientSession) -> None:
    """Beyond a page of the list, in its order; JSON has the same."""
    rows = await _csv(signals)
    assert len({row["id"] for row in rows}) == len(rows) == _MANY
    async with signals.get("/signals.json") as answer:
        assert answer.headers["Content-Disposition"] == 'attachment; filename="signals.json"'
        found: list[dict[str, Any]] = await answer.json()
    assert [str(row["id"]) for row in found] == [row["id"] for row in rows]


async def test_the_filters_are_the_lists(signals: aiohttp.ClientSession) -> None:
    """Channel, asset, search, days, limit; a bad one is named."""
    assert [row["asset"] for row in await _csv(signals, channel="-1002")] == ["PETRW385"]
    assert [row["asset"] for row in await _csv(signals, asset="PETR77")] == ["PETR77"]
    assert len(await _csv(signals, search="PETR100")) == 11
    assert len(await _csv(signals, limit="7")) == 7
    assert await _csv(signals, to="2025-10-01") == []
    for query in ({"limit": "x"}, {"locale": "fr"}, {"from": "soon"}):
        for name in ("csv", "json"):
            if "locale" in query and name == "json":
                continue
            async with signals.get(f"/signals.{name}", params=query) as answer:
                assert answer.status == 400


async def test_cells_are_read_as_they_are_meant(signals: aiohttp.ClientSession) -> None:
    """Ids stay numbers, times are São Paulo's, text with commas and lines stays one cell."""
    (row,) = await _csv(signals, channel="-1002")
    assert row["channel"] == "-1002"
    assert row["sent_at"] == "2025-10-25 23:30:00"
    assert (row["buy_min"], row["targets"]) == ("0.84", "0.98 1.60 2.75")
    assert row["raw_message"].startswith("'=HYPERLINK")
    (row,) = await _csv(signals, channel="-1002", locale="pt-BR")
    assert (row["buy_min"], row["stop"]) == ("0,84", "0,52")


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "\uff1d1", "-", "--1"],
)
def test_no_cell_is_a_formula(text: str) -> None:
    """What a spreadsheet would run gets an apostrophe before it."""
    assert harmless(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "PETR4", "-1001234567890", "-0.5", "0,84", "a=b", "'=1"])
def test_other_cells_stay_as_they_are(text: str) -> None:
    """Negative numbers are no formulas."""
    assert harmless(text) == text
