"""Light and dark, narrow and wide, by keyboard, in two languages, readable by everyone."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import anyio
import pytest

from tests.api_process import ApiProcess
from tests.browser.gateway import Gateway
from tests.browser.tab import Tab
from tests.browser.trading_week import edit, messages, signal

_IMAGES = Path(__file__).parents[2] / "docs" / "images"
_MOST_BYTES = 200_000
_CONTRAST = (Path(__file__).parent / "contrast.js").read_text(encoding="utf-8")
_GROUND = "getComputedStyle(document.body).backgroundColor"
_FOCUS = "document.activeElement.id || document.activeElement.className"


@pytest.fixture(autouse=True, scope="module")
def _week(api: ApiProcess) -> None:
    """A week of messages, once, the last of them edited."""

    async def post() -> None:
        async with Gateway(api.url) as gateway:
            found = messages(datetime.now(UTC))
            await gateway.post_many([*found, edit(found[-1])])
            channel = -1001649127710
            await gateway.post(signal("ABEVX144", 0.29), channelId=channel, messageId=5000)

    anyio.run(post)


async def _ready(tab: Tab, api: ApiProcess) -> None:
    await tab.open(f"{api.url}/")
    await tab.until("document.querySelectorAll('tr.signal').length === 50")
    await tab.until(
        "document.querySelector('#hours svg') && document.querySelector('#channels td')"
    )
    await tab.until("document.querySelectorAll('#unread-list pre').length === 2")
    await tab.until("document.querySelector('#live').dataset.state === 'live'")


async def test_the_system_chooses_the_theme_until_a_person_does(tab: Tab, api: ApiProcess) -> None:
    """Dark where the system is; the button turns it, and a reload keeps what was chosen."""
    await tab.prefer("dark")
    assert await tab.run(_GROUND) == "rgb(14, 17, 21)"
    await tab.run("document.querySelector('#theme').click()")
    assert await tab.run(_GROUND) == "rgb(244, 245, 246)"
    await _ready(tab, api)
    assert await tab.run(_GROUND) == "rgb(244, 245, 246)"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
async def test_every_text_has_enough_contrast(
    tab: Tab, api: ApiProcess, gateway: Gateway, scheme: str, width: int
) -> None:
    """WCAG AA: 4.5 to 1, or 3 to 1 for large text; with an open row, unread texts, a verdict."""
    await gateway.report(outbox={"deadLetters": 2, "pending": 3})
    await tab.size(width, 900)
    await tab.prefer(scheme)
    await _ready(tab, api)
    await tab.run("document.querySelectorAll('tr.signal button')[1].click()")
    await tab.until("document.querySelector('tr.detail ins')")
    await tab.run("document.querySelector('#unread-list button').click()")
    await tab.until("document.querySelector('#trial-answer .fails')")
    assert await tab.run(_CONTRAST) == []


async def test_nothing_is_wider_than_a_phone(tab: Tab, api: ApiProcess, gateway: Gateway) -> None:
    """At 360 pixels, with an open row, a long word, and commands to copy."""
    await tab.size(360, 780)
    await gateway.report(outbox={"deadLetters": 2, "pending": 3})
    earlier = datetime.now(UTC) - timedelta(minutes=7)
    long_text = f"{signal('MGLUW9', 0.38)}\n{'x' * 300}"
    await gateway.post(long_text, timestamp=earlier.isoformat())
    await _ready(tab, api)
    await tab.run(
        "[...document.querySelectorAll('tr.signal button')].slice(0, 9).map((b) => b.click())"
    )
    await tab.until("document.querySelector('#signals-rows').innerText.includes('xxxx')")
    await tab.until("document.querySelector('tr.detail ins')")
    assert await tab.run("[document.documentElement.scrollWidth, innerWidth]") == [360, 360]


async def test_a_keyboard_is_enough(tab: Tab, api: ApiProcess) -> None:
    """Skip link first; every stop is seen; a row opens and closes; the list can be left."""
    await _ready(tab, api)
    await tab.press("Tab")
    assert await tab.run(_FOCUS) == "skip"
    await tab.press("Enter")
    assert await tab.run(_FOCUS) == "signals"
    for _ in range(30):
        await tab.press("Tab")
        outline = "getComputedStyle(document.activeElement).outlineStyle"
        assert await tab.run(outline) != "none", await tab.run("document.activeElement.outerHTML")
        if await tab.run(_FOCUS) == "code":
            break
    await tab.press("Enter")
    expanded = "document.activeElement.getAttribute('aria-expanded')"
    assert await tab.run(expanded) == "true"
    assert await tab.run("document.querySelectorAll('tr.detail:not([hidden])').length") == 1
    await tab.press(" ")
    assert await tab.run(expanded) == "false"
    await tab.press("Tab", shift=True)
    assert await tab.run(f"{_FOCUS} !== 'code'")


@pytest.mark.parametrize("width", [360, 1280])
async def test_a_screen_reader_finds_landmarks_names_and_a_table(
    tab: Tab, api: ApiProcess, width: int
) -> None:
    """The table stays one on a phone, where its rows are drawn as blocks."""
    await tab.size(width, 900)
    await _ready(tab, api)
    nodes = (await tab.send("Accessibility.getFullAXTree"))["nodes"]
    seen = [
        (node["role"]["value"], node.get("name", {}).get("value", ""))
        for node in nodes
        if not node["ignored"]
    ]
    roles = [role for role, _ in seen]
    assert {"banner", "main", "navigation", "complementary", "search", "contentinfo"} <= {*roles}
    assert roles.count("columnheader") >= 7
    assert roles.count("row") >= 50
    nameless = [role for role, name in seen if role in {"button", "link", "textbox"} and not name]
    assert nameless == []
    assert await tab.run("document.documentElement.lang") == "pt-BR"


async def test_english_is_one_button_away(tab: Tab, api: ApiProcess) -> None:
    """Words, numbers and names of controls change at once; a reload remembers."""
    await _ready(tab, api)
    assert "0,29 \u2013 0,30" in await tab.text("tr.signal")
    await tab.run("document.querySelector('#language').click()")
    assert await tab.text("#signals-title") == "Signals"
    assert "0.29 \u2013 0.30" in await tab.text("tr.signal")
    await _ready(tab, api)
    assert await tab.text("#live") == "Live"


async def test_an_english_browser_gets_english(blank_tab: Tab, api: ApiProcess) -> None:
    """By the browser's language, with São Paulo's hours all the same."""
    await blank_tab.speak("en-US")
    await _ready(blank_tab, api)
    assert await blank_tab.text("#signals-title") == "Signals"
    sent = await blank_tab.run("document.querySelector('tr.signal time').dateTime")
    local = datetime.fromisoformat(sent) - timedelta(hours=3)
    assert f"{local:%H:%M}" in await blank_tab.text("tr.signal time")


@pytest.mark.parametrize(
    ("name", "size"),
    [("page-light", (1280, 800, 1)), ("page-phone-dark", (360, 740, 2))],
)
async def test_pictures_for_the_documentation(
    tab: Tab, api: ApiProcess, tmp_path: Path, name: str, size: tuple[int, int, int]
) -> None:
    """Taken each time; kept in docs/images when TPCAPITAL_PICTURES is set."""
    width, height, scale = size
    await tab.size(width, height, scale=scale)
    await tab.prefer(name.rpartition("-")[2])
    await _ready(tab, api)
    if width > 1000:
        await tab.run("document.querySelectorAll('tr.signal button')[1].click()")
        await tab.until("document.querySelector('tr.detail ins')")
    picture = await tab.picture()
    assert picture.startswith(b"\x89PNG")
    assert len(picture) < _MOST_BYTES
    folder = _IMAGES if os.environ.get("TPCAPITAL_PICTURES") else tmp_path
    (folder / f"{name}.png").write_bytes(picture)
