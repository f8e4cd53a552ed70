"""A browser, an API and tabs for the tests of the page."""

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.api_process import ApiProcess
from tests.browser import chromium
from tests.browser.chromium import dev_tools, running_chromium
from tests.browser.gateway import Gateway
from tests.browser.tab import Tab, new_tab
from tests.postgres import TestDatabases


@pytest.fixture(scope="session")
def browser() -> Iterator[str]:
    """The DevTools address of one browser for the session."""
    if chromium.BINARY is None:
        pytest.skip("chromium is absent, so the page is not tested: apt-get install chromium")
    with running_chromium() as address:
        yield address


@pytest.fixture(scope="module")
def api(postgres: TestDatabases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiProcess]:
    """One API for the module's tests, whose browser may ask as often as it likes."""
    log = tmp_path_factory.mktemp("api") / "log"
    with postgres.migrated() as dsn, ApiProcess(dsn, log, RATE_LIMIT_MAX="0") as process:
        process.wait_until_ready()
        yield process


@pytest.fixture
async def gateway(api: ApiProcess) -> AsyncIterator[Gateway]:
    """What posts to that API."""
    async with Gateway(api.url) as found:
        yield found


@pytest.fixture
async def blank_tab(browser: str) -> AsyncIterator[Tab]:
    """A tab with nothing in it, as wide as a desk's."""
    async with dev_tools(browser) as tools, new_tab(tools) as found:
        yield found


@pytest.fixture
async def tab(blank_tab: Tab, api: ApiProcess, gateway: Gateway) -> AsyncIterator[Tab]:
    """A tab that shows the page, live; it must not complain, nor ask any other host."""
    await gateway.report()
    await blank_tab.open(f"{api.url}/")
    await blank_tab.until("document.querySelector('#live').dataset.state === 'live'")
    await blank_tab.until("document.querySelector('#signals-table').ariaBusy === 'false'")
    yield blank_tab
    assert blank_tab.errors == []
    assert blank_tab.hosts == {api.url.removeprefix("http://")}
