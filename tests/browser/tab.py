"""One tab of the browser: what a person does with it, and what it says."""

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

from tests.browser.chromium import DevTools
from tests.waiting import eventually

_KEYS = {
    "Tab": ("Tab", 9, ""),
    "Enter": ("Enter", 13, "\r"),
    "Escape": ("Escape", 27, ""),
    " ": ("Space", 32, " "),
}


class Tab:
    """A tab in a profile of its own; `errors` and `hosts` tell what went wrong and where to."""

    def __init__(self, tools: DevTools, session: str) -> None:
        self._tools = tools
        self._session = session

    async def send(self, method: str, **parameters: Any) -> Any:
        """A DevTools command's result. Raises ProtocolError."""
        return await self._tools.send(method, self._session, **parameters)

    async def open(self, url: str) -> None:
        """Go to an address and wait until it is loaded."""
        await self.send("Page.navigate", url=url)
        await self.until("document.readyState === 'complete'")

    async def run(self, script: str) -> Any:
        """The value of an expression in the page. Raises AssertionError when it throws."""
        answer = await self.send(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    async def until(self, script: str, seconds: float = 20) -> None:
        """Wait until an expression is true. Raises TimeoutError."""

        async def holds() -> bool:
            return await self.run(f"Boolean({script})") is True

        await eventually(holds, seconds)

    async def text(self, selector: str) -> str:
        """The text of the first element, as a person sees it."""
        found = await self.run(f"document.querySelector({selector!r})?.innerText ?? ''")
        return str(found)

    async def press(self, key: str, *, shift: bool = False) -> None:
        """A key, down and up."""
        code, number, text = _KEYS[key]
        known = {"key": key, "code": code, "windowsVirtualKeyCode": number}
        known["modifiers"] = 8 if shift else 0
        await self.send("Input.dispatchKeyEvent", type="keyDown", text=text, **known)
        await self.send("Input.dispatchKeyEvent", type="keyUp", **known)

    async def type(self, text: str) -> None:
        """Text into what has the focus."""
        await self.send("Input.insertText", text=text)

    async def size(self, width: int, height: int, *, scale: float = 1) -> None:
        """The window's size in CSS pixels."""
        await self.send(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=scale,
            mobile=width < 500,
        )

    async def prefer(self, scheme: str) -> None:
        """The system's colours: light or dark; nothing moves, so that pictures are sharp."""
        features = [
            {"name": "prefers-color-scheme", "value": scheme},
            {"name": "prefers-reduced-motion", "value": "reduce"},
        ]
        await self.send("Emulation.setEmulatedMedia", features=features)

    async def speak(self, language: str) -> None:
        """The browser's language, from the next page on."""
        agent = (await self._tools.send("Browser.getVersion"))["userAgent"]
        await self.send("Network.setUserAgentOverride", userAgent=agent, acceptLanguage=language)
        await self.send("Emulation.setLocaleOverride", locale=language)

    async def picture(self) -> bytes:
        """What is seen, as PNG."""
        answer = await self.send("Page.captureScreenshot", format="png")
        return base64.b64decode(answer["data"])

    @property
    def errors(self) -> list[str]:
        """Uncaught exceptions, console errors, and what the browser blocked."""
        found = []
        for event in self._tools.events.get(self._session, ()):
            told = event["params"]
            if event["method"] == "Runtime.exceptionThrown":
                details = told["exceptionDetails"]
                found.append(str(details.get("exception", details).get("description", details)))
            elif event["method"] == "Runtime.consoleAPICalled" and told["type"] == "error":
                found.append(str(told["args"]))
            elif event["method"] == "Log.entryAdded" and told["entry"]["level"] == "error":
                found.append(f"{told['entry']['text']} {told['entry'].get('url', '')}")
            elif event["method"] == "Audits.issueAdded":
                found.append(str(told["issue"]))
        return found

    @property
    def hosts(self) -> set[str]:
        """Every host and port that was asked for something."""
        asked = [
            event["params"]["request"]["url"]
            for event in self._tools.events.get(self._session, ())
            if event["method"] == "Network.requestWillBeSent"
        ]
        return {urlsplit(url).netloc for url in asked if url.startswith(("http", "ws"))}


@asynccontextmanager
async def new_tab(tools: DevTools) -> AsyncIterator[Tab]:
    """A tab whose storage no other tab shares."""
    context = (await tools.send("Target.createBrowserContext"))["browserContextId"]
    target = await tools.send(
        "Target.createTarget", url="about:blank", browserContextId=context, width=1280, height=900
    )
    attached = await tools.send("Target.attachToTarget", targetId=target["targetId"], flatten=True)
    tab = Tab(tools, attached["sessionId"])
    for domain in ("Page", "Runtime", "Network", "Log", "Audits"):
        await tab.send(f"{domain}.enable")
    await tab.send("Emulation.setTimezoneOverride", timezoneId="Europe/Lisbon")
    await tab.speak("pt-BR")
    try:
        yield tab
    finally:
        await tools.send("Target.disposeBrowserContext", browserContextId=context)
