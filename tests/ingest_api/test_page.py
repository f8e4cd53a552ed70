"""The page's own files: who gets them, how long they keep, and what they may do."""

import re

import aiohttp
import pytest

from ingest_api.web_page import POLICY, WebPage, prefers_html

_BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
_VERSION = WebPage().version


@pytest.mark.parametrize(
    ("accept", "html"),
    [
        (_BROWSER["Accept"], True),
        ("text/html", True),
        ("TEXT/HTML;Q=0.5, */*;q=0.1", True),
        ("", False),
        ("*/*", False),
        ("text/*", False),
        ("application/json", False),
        ("application/json, text/html", False),
        ("application/json, text/html;q=0.9", False),
        ("application/json;q=0.8, text/html", True),
        ("text/html;q=0", False),
        ("text/html;q=high", True),
        (";;,,", False),
    ],
)
def test_who_names_html_first_prefers_it(accept: str, html: bool) -> None:
    """Wildcards are programs: the old JSON was theirs."""
    assert prefers_html(accept) == html


async def test_a_browser_gets_the_page_and_all_else_the_old_json(
    client: aiohttp.ClientSession,
) -> None:
    """The same address; caches are told that the answer hangs on Accept."""
    async with client.get("/", headers=_BROWSER) as answer:
        assert (answer.status, answer.content_type) == (200, "text/html")
        assert "Accept" in answer.headers["Vary"]
        assert answer.headers["Cache-Control"] == "no-cache"
        assert (await answer.text()).startswith("<!doctype html>")
    async with client.get("/") as answer:
        assert answer.content_type == "application/json"
        assert "Accept" in answer.headers["Vary"]
        assert (await answer.json())["status"] == "ok"


async def test_the_policy_lets_nothing_in_from_elsewhere(client: aiohttp.ClientSession) -> None:
    """No default, no inline script or style, no frame, no plug-in, no HTML from texts."""
    async with client.get("/", headers=_BROWSER) as answer:
        assert answer.headers.getall("Content-Security-Policy") == [POLICY]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        html = await answer.text()
    assert "default-src 'none'" in POLICY
    assert "unsafe" not in POLICY
    assert not re.search(r"<script(?![^>]* src=)|<style|\son\w+=|\sstyle=|https?://|//\w", html)


async def test_every_file_is_kept_for_ever_under_its_version(
    client: aiohttp.ClientSession,
) -> None:
    """All that the page and its modules name is there, immutable, and not sent twice."""
    async with client.get("/", headers=_BROWSER) as answer:
        named = set(re.findall(rf"page/{_VERSION}/([\w.]+)", await answer.text()))
    seen = set[str]()
    while named - seen:
        name = (named - seen).pop()
        seen.add(name)
        async with client.get(f"/page/{_VERSION}/{name}") as answer:
            assert (answer.status, name) == (200, name)
            assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
            tag = answer.headers["ETag"]
            named |= set(re.findall(r'from "\./([\w.]+)"', await answer.text()))
        async with client.get(f"/page/{_VERSION}/{name}", headers={"If-None-Match": tag}) as answer:
            assert (answer.status, await answer.read()) == (304, b"")
    assert {"app.js", "page.css", "icon.svg", "theme.js", "stream.js"} <= seen


async def test_the_page_itself_is_asked_for_again_and_answered_with_304(
    client: aiohttp.ClientSession,
) -> None:
    """A new version is seen at the next visit."""
    async with client.get("/", headers=_BROWSER) as answer:
        tag = answer.headers["ETag"]
    for known in (tag, f'"x", W/{tag.removeprefix("W/")}'):
        async with client.get("/", headers={**_BROWSER, "If-None-Match": known}) as answer:
            assert answer.status == 304
            assert "Accept" in answer.headers["Vary"]


async def test_an_older_pages_files_are_todays_and_not_kept(
    client: aiohttp.ClientSession,
) -> None:
    """While replicas are replaced, a page of one may ask another for its modules."""
    async with client.get("/page/0123456789ab/app.js") as answer:
        assert (answer.status, answer.headers["Cache-Control"]) == (200, "no-cache")


@pytest.mark.parametrize(
    "path",
    [
        f"/page/{_VERSION}/index.html",
        f"/page/{_VERSION}/none.js",
        f"/page/{_VERSION}/..%2f__init__.py",
        "/page/app.js",
        "/page/",
    ],
)
async def test_there_are_no_other_files(client: aiohttp.ClientSession, path: str) -> None:
    """Files are looked up by their names, never on the disk."""
    async with client.get(path) as answer:
        assert (answer.status, answer.content_type) == (404, "application/problem+json")


async def test_a_page_is_small_and_compressed(client: aiohttp.ClientSession) -> None:
    """All of it together is under 40 KB on the wire, so that a phone has it at once."""
    page = WebPage()
    total = 0
    for name in page._files:
        async with client.get(f"/page/{_VERSION}/{name}") as answer:
            await answer.read()
            total += int(answer.headers.get("Content-Length", 0))
    assert 0 < total < 40_000


async def test_the_files_need_no_key_but_data_does(start_api: object) -> None:
    """Where reads are closed the page still comes, to ask for the key."""
    assert callable(start_api)
    api = start_api(TP_CAPITAL_API_KEY="secret key", REQUIRE_API_KEY_FOR_READS="true")
    paths = ["/overview", "/activity", "/malformed", "/signals.csv", "/signals.json"]
    paths.append("/messages/-1001/1/revisions")
    async with aiohttp.ClientSession(api.url) as client:
        async with client.get("/", headers=_BROWSER) as answer:
            assert answer.status == 200
        async with client.get(f"/page/{_VERSION}/app.js") as answer:
            assert answer.status == 200
        for path in paths:
            async with client.get(path) as answer:
                assert (path, answer.status) == (path, 401)
        async with client.post("/parse", json={"text": "x"}) as answer:
            assert answer.status == 401
        key = {"X-API-Key": "secret key"}
        async with client.get("/overview", headers=key) as answer:
            assert answer.status == 200
