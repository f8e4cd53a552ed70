"""The labelled corpus into POST /ingest and out of GET /signals."""

from decimal import Decimal
from typing import Any

import aiohttp
import pytest

from tests.api_process import ApiProcess
from tests.ingest_api.messages import body
from tests.ingest_api.test_ingest import HEADERS
from tests.ingest_api.test_signal_parser import labelled

CHANNEL = -1007700000000
CORPUS: list[dict[str, Any]] = [row.values[0] for row in labelled("corpus.jsonl")]
PLAIN_FIELDS = ("asset", "direction", "signal_type", "valid_until")
PRICES = ("buy_min", "buy_max", "target_final", "stop")


@pytest.fixture(scope="module")
def known() -> dict[int, dict[str, Any]]:
    """The corpus by message id."""
    return dict(enumerate(CORPUS, start=1))


@pytest.fixture
async def rows(api: ApiProcess, known: dict[int, dict[str, Any]]) -> dict[int, dict[str, Any]]:
    """What GET /signals shows of the whole corpus, by message id."""
    async with aiohttp.ClientSession(api.url, headers=HEADERS) as session:
        for number, row in known.items():
            message = body(number, row["text"], channelId=CHANNEL)
            async with session.post("/ingest", json=message) as answer:
                assert (answer.status, (await answer.json())["kind"]) == (200, row["kind"])
        async with session.get("/signals", params={"channel": str(CHANNEL)}) as answer:
            assert answer.status == 200
            shown = (await answer.json())["data"]
    found = {row["message_id"]: row for row in shown}
    assert len(found) == len(shown)
    return found


async def test_the_corpus_comes_out_as_it_is_labelled(
    known: dict[int, dict[str, Any]], rows: dict[int, dict[str, Any]]
) -> None:
    """A row for each signal and for nothing else, its text as it was sent, its reading whole."""
    signals = {number: row for number, row in known.items() if row["kind"] == "signal"}
    assert set(rows) == set(signals)
    for number, row in rows.items():
        text, expected = signals[number]["text"], signals[number]["expected"]
        assert row["raw_message"] == text
        assert {name: row[name] for name in PLAIN_FIELDS} == {
            name: expected[name] for name in PLAIN_FIELDS
        }, text
        assert {name: row[name] for name in PRICES} == {
            name: shown(expected[name]) for name in PRICES
        }, text
        numbered = [shown(price) for price in expected["targets"]]
        assert [row["target_1"], row["target_2"]] == [*numbered, None, None][:2], text
        labelled_targets = {*numbered, shown(expected["target_final"])} - {None}
        assert labelled_targets <= set(row["targets"]), text  # a third one has no column


def shown(price: str | None) -> str | None:
    """A labelled price as the API writes it: two decimals at least, none rounded away.

    >>> shown("0.4"), shown("0.445"), shown(None)
    ('0.40', '0.445', None)
    """
    if price is None:
        return None
    places = max(2, -int(Decimal(price).as_tuple().exponent))
    return f"{Decimal(price):.{places}f}"
