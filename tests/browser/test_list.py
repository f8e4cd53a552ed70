"""Filters, pages and texts of the table, and the parser on trial."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import anyio
import pytest

from tests.api_process import ApiProcess
from tests.browser.gateway import Gateway
from tests.browser.tab import Tab
from tests.browser.trading_week import CHANNELS, UNREAD, messages, signal

_ASSETS = "[...document.querySelectorAll('tr.signal .code')].map((each) => each.textContent)"


@pytest.fixture(autouse=True, scope="module")
def _week(api: ApiProcess) -> None:
    """A week of messages, once."""

    async def post() -> None:
        async with Gateway(api.url) as gateway:
            await gateway.post_many(messages(datetime.now(UTC)))

    anyio.run(post)


async def _fill(tab: Tab, name: str, value: str) -> None:
    field = f"document.querySelector('#filters').elements['{name}']"
    await tab.run(f"{field}.value = '{value}'")
    await tab.run(f"{field}.dispatchEvent(new Event('input', {{bubbles: true}}))")
    await tab.until(f"new URLSearchParams(location.search).get('{name}') === '{value}'")
    await tab.until("document.querySelector('#signals-table').ariaBusy === 'false'")


async def test_the_server_searches_all_signals_not_only_those_shown(tab: Tab) -> None:
    """50 are shown at first; a search finds every one of an asset."""
    await tab.until(f"{_ASSETS}.length === 50")
    await _fill(tab, "search", "weg")
    await tab.until(f"{_ASSETS}.length > 5 && {_ASSETS}.every((asset) => asset === 'WEGE3')")


async def test_filters_stand_in_the_address_and_survive_a_reload(tab: Tab) -> None:
    """Channel, type, asset and days, each on the server; a link shows the same to a colleague."""
    channel = min(CHANNELS)
    await tab.until("document.querySelectorAll('[name=channel] option').length === 4")
    await _fill(tab, "channel", str(channel))
    await _fill(tab, "type", "Day Trade")
    today = datetime.now(UTC) - timedelta(hours=3)
    await _fill(tab, "from", f"{today - timedelta(days=3):%Y-%m-%d}")
    await _fill(tab, "to", f"{today:%Y-%m-%d}")
    await tab.until(f"{_ASSETS}.length > 0")
    found = await tab.run(_ASSETS)
    address = str(await tab.run("location.href"))
    assert parse_qs(urlsplit(address).query).keys() == {"channel", "type", "from", "to"}
    await tab.open(address)
    await tab.until(f"{_ASSETS}.length === {len(found)}")
    assert await tab.run("document.querySelector('[name=type]').value") == "Day Trade"
    await tab.run("document.querySelector('[type=reset]').click()")
    await tab.until(f"{_ASSETS}.length === 50 && location.search === ''")


async def test_what_the_filter_leaves_out_does_not_come_by_the_stream(
    tab: Tab, gateway: Gateway
) -> None:
    """Two signals are posted, the one that was asked for appears."""
    await _fill(tab, "asset", "PRIO3")
    await tab.until(f"{_ASSETS}.every((asset) => asset === 'PRIO3')")
    before = await tab.run(f"{_ASSETS}.length")
    await gateway.post(signal("WEGE3", 41.2))
    await gateway.post(signal("PRIO3", 38.9))
    await tab.until(f"{_ASSETS}.length === {before + 1}")
    assert set(await tab.run(_ASSETS)) == {"PRIO3"}


async def test_older_signals_come_page_by_page(tab: Tab) -> None:
    """Each page goes on where the last one ended, none twice."""
    await tab.until(f"{_ASSETS}.length === 50")
    await tab.run("document.querySelector('#older').click()")
    await tab.until(f"{_ASSETS}.length === 100")
    details = await tab.run("[...document.querySelectorAll('tr.detail')].map((each) => each.id)")
    assert len(set(details)) == 100
    times = await tab.run("[...document.querySelectorAll('tr.signal time')].map((t) => t.dateTime)")
    assert times == sorted(times, reverse=True)


async def test_the_exports_are_of_what_is_filtered(tab: Tab) -> None:
    """Both links carry the filter, and lead to files."""
    await _fill(tab, "search", "PRIO3")
    found = await tab.run(
        "fetch(document.querySelector('#export-csv').href).then((answer) => answer.text())"
    )
    assert "PRIO3" in found
    assert "WEGE3" not in found
    assert ";" in found.splitlines()[0]
    rows = await tab.run(
        "fetch(document.querySelector('#export-json').href).then((answer) => answer.json())"
    )
    assert {row["asset"] for row in rows} == {"PRIO3"}


async def test_unread_texts_can_be_tried_and_corrected(tab: Tab) -> None:
    """Newest first with the reason; the parser says what it makes of the text, then of a better."""
    await tab.until("document.querySelectorAll('#unread-list pre').length === 2")
    assert await tab.run("document.querySelector('#unread-list pre').textContent") == UNREAD[0]
    await tab.run("document.querySelector('#unread-list button').click()")
    await tab.until("document.querySelector('#trial-answer .fails')")
    assert "COGNX31" in await tab.text("#trial-answer")
    await tab.run("document.querySelector('#trial-form').elements.text.value = ''")
    await tab.type(UNREAD[0].replace("0,6x", "0,60"))
    await tab.run("document.querySelector('#trial-form button').click()")
    await tab.until("document.querySelector('#trial-answer .reads')")
    assert "0,41 \u2013 0,43" in await tab.text("#trial-answer")


async def test_texts_of_strangers_stay_texts(tab: Tab, gateway: Gateway) -> None:
    """Markup in a message, an asset's text and a channel's title is shown letter by letter."""
    evil = "<img src=x onerror=document.title='owned'><script>document.title='owned'</script>"
    await gateway.report(channels=[{"channelId": -1009, "title": evil}])
    await gateway.post(f"{signal('CSANX195', 0.61)}\n{evil}", channelId=-1009)
    await tab.until(f"{_ASSETS}[0] === 'CSANX195'")
    await tab.run("document.querySelector('tr.signal button').click()")
    await tab.run("document.dispatchEvent(new Event('visibilitychange'))")
    await tab.until("document.querySelector('#channels').innerText.includes('<img')")
    assert evil in await tab.text("tr.detail pre")
    assert await tab.run("document.querySelectorAll('img[src=x], body script').length") == 0
    assert await tab.run("document.title") == "TP Capital"


async def test_channels_and_hours_are_counted(tab: Tab) -> None:
    """Three channels with their names, a chart that says its figures, a click that filters."""
    await tab.until("document.querySelectorAll('#channels tbody tr').length >= 3")
    assert "TP Capital Opções" in await tab.text("#channels")
    label = await tab.run("document.querySelector('#hours svg').getAttribute('aria-label')")
    assert "mensagens" in label
    await tab.run("document.querySelector('[data-hours=\"168\"]').click()")
    assert await tab.run("document.querySelectorAll('#hours g').length") == 168
    await tab.run("document.querySelector('#channels button').click()")
    await tab.until("location.search.startsWith('?channel=-100')")
