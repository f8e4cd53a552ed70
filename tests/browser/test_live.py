"""Signals come, change and go by themselves."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.api_process import ApiProcess
from tests.browser.gateway import Gateway
from tests.browser.tab import Tab
from tests.browser.trading_week import messages, signal
from tests.postgres import TestDatabases

_COUNT = "document.querySelectorAll('tr.signal').length"


def _shows(asset: str) -> str:
    return f"document.querySelector('#signals-rows').innerText.includes('{asset}')"


async def test_a_signal_appears_within_a_second_without_reload(tab: Tab, gateway: Gateway) -> None:
    """Posted, committed, pushed, drawn, and told to those who listen."""
    await tab.run("window.mark = 1")
    await gateway.post(signal("PETRW385", 0.84))
    await tab.until(_shows("PETRW385"), seconds=1)
    assert await tab.text("#news") == "Novo sinal: compra PETRW385, entrada 0,84 \u2013 0,87"
    assert await tab.run("window.mark") == 1


async def test_an_edit_changes_the_row_and_shows_what_changed(tab: Tab, gateway: Gateway) -> None:
    """The open row gets its new stop, and behind it stand both texts."""
    sent = await gateway.post(signal("VALEX640", 1.12))
    await tab.until(_shows("VALEX640"))
    await tab.run("document.querySelector('tr.signal button').click()")
    edited_at = (datetime.now(UTC) + timedelta(seconds=5)).isoformat()
    text = sent["text"].replace("Stop: 0,69", "Stop: 0,75")
    await gateway.post(text, **{**_same(sent), "editedAt": edited_at})
    await tab.until("document.querySelector('tr.signal .stop-cell').innerText.includes('0,75')")
    await tab.until("document.querySelector('tr.detail ins')")
    changed = "[...document.querySelectorAll('tr.detail :is(del, ins)')].map((e) => e.textContent)"
    assert await tab.run(changed) == ["0,69", "0,75"]
    assert "2 versões" in await tab.text("tr.signal")


async def test_a_deleted_signal_leaves_the_table(tab: Tab, gateway: Gateway) -> None:
    """Withdrawn in Telegram, withdrawn here."""
    sent = await gateway.post(signal("BOVAL128", 1.44))
    await tab.until(_shows("BOVAL128"))
    await gateway.post("", **_same(sent), deletedAt=datetime.now(UTC).isoformat())
    await tab.until(f"!{_shows('BOVAL128')}")
    assert await tab.text("#news") == "Sinal retirado: BOVAL128"


async def test_the_pipeline_is_told_in_a_line_with_what_needs_a_person(
    tab: Tab, gateway: Gateway
) -> None:
    """All well, then a login and dead letters with the commands that mend them."""
    await tab.until("document.querySelector('#state').dataset.grade === 'good'")
    line = await tab.text("#state-line")
    assert line.startswith("Tudo em ordem")
    assert "Telegram conectado" in line
    assert "fila vazia" in line
    sources = [{"source": "user", "condition": "login_required", "reason": "signed out"}]
    outbox = {"pending": 3, "deadLetters": 1}
    await gateway.report(sources=sources, outbox=outbox, loginRequired=True)
    await tab.run("document.dispatchEvent(new Event('visibilitychange'))")
    await tab.until("document.querySelectorAll('#attention li.grave').length === 2")
    told = await tab.text("#attention")
    assert "tpcapital login" in told
    assert "1 mensagem recusada" in told
    assert "tpcapital outbox retry --all" in told
    assert "3 na fila" in await tab.text("#state-line")


async def test_an_api_that_restarts_is_found_again(
    blank_tab: Tab, postgres: TestDatabases, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The page says that it asks instead; what came meanwhile shows, older pages stay."""
    log = tmp_path_factory.mktemp("api") / "log"
    with postgres.migrated() as dsn, ApiProcess(dsn, log) as api:
        api.wait_until_ready()
        await blank_tab.open(f"{api.url}/")
        await blank_tab.until("document.querySelector('#live').dataset.state === 'live'")
        async with Gateway(api.url) as gateway:
            await gateway.post_many(messages(datetime.now(UTC)))
        await blank_tab.until("!document.querySelector('#older').hidden")
        await blank_tab.run("document.querySelector('#older').click()")
        await blank_tab.until(f"{_COUNT} >= 100")
        api.kill()
        await blank_tab.until("document.querySelector('#live').dataset.state === 'polling'")
        assert await blank_tab.text("#live") == "Sem canal ao vivo: consulta a cada 10 s"
        api.start()
        api.wait_until_ready()
        async with Gateway(api.url) as gateway:
            await gateway.post(signal("ITUBW372", 0.93), messageId=99_999)
        await blank_tab.until("document.querySelector('#live').dataset.state === 'live'")
        await blank_tab.until("document.querySelector('tr.signal').innerText.includes('ITUBW372')")
        assert await blank_tab.run(_COUNT) >= 100


async def test_with_a_key_for_reads_it_asks_for_the_key(
    blank_tab: Tab, postgres: TestDatabases, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Nothing is shown without the key; with it the page asks every ten seconds and says so."""
    log = tmp_path_factory.mktemp("api") / "log"
    closed = {"TP_CAPITAL_API_KEY": "the key", "REQUIRE_API_KEY_FOR_READS": "true"}
    with postgres.migrated() as dsn, ApiProcess(dsn, log, **closed) as api:
        api.wait_until_ready()
        async with Gateway(api.url) as gateway:
            await gateway.post(signal("PETRW385", 0.84))
        await blank_tab.open(f"{api.url}/")
        await blank_tab.until("document.querySelector('#key').open")
        assert await blank_tab.run("document.querySelectorAll('tr.signal').length") == 0
        await blank_tab.type("the key")
        await blank_tab.press("Enter")
        await blank_tab.until(_shows("PETRW385"))
        assert await blank_tab.text("#live") == "Sem canal ao vivo: consulta a cada 10 s"


def _same(sent: dict[str, object]) -> dict[str, object]:
    return {"messageId": sent["messageId"], "timestamp": sent["timestamp"]}
