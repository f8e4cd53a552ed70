"""What the command line asks of the gateway about channels."""

from pathlib import Path

import pytest

from gateway_outbox.channels_file import Channels
from gateway_outbox.outbox.held_deletions import held_rows
from gateway_outbox.outbox.outbox import Outbox
from tests.gateway_outbox.conftest import Site
from tests.messages import CHANNEL, message


@pytest.mark.parametrize("path", ["reload", "deletions/apply", "deletions/dismiss"])
async def test_without_the_token_nothing_is_done(site: Site, path: str) -> None:
    """401 before the body is looked at."""
    code, problem = await site.post(f"/channels/{path}", b"{", "c" * 63)
    assert (code, problem["type"]) == (401, "urn:tpcapital:problem:unauthorized")


async def test_reload_takes_the_file_as_it_is(
    site: Site, channels: Channels, tmp_path: Path
) -> None:
    """The number of declared channels; a broken file is 400 with its fault."""
    file = tmp_path / "channels.toml"
    file.write_text(f"version = 1\n[[channel]]\nid = {CHANNEL}\n")
    assert await site.post("/channels/reload", {}) == (200, {"declared": 1})
    assert channels.declared[0].key == CHANNEL
    file.write_text("version = 3")
    code, problem = await site.post("/channels/reload", {})
    assert (code, problem["status"]) == (400, 400)
    assert "has version 3" in problem["detail"]
    assert channels.declared[0].key == CHANNEL


async def test_held_deletions_are_applied_or_dismissed(site: Site, outbox: Outbox) -> None:
    """By channel; what was applied is counted."""
    await outbox.append([message(1)], "user", held_rows(CHANNEL, [1, 2]))
    body = {"channel_id": CHANNEL}
    assert await site.post("/channels/deletions/apply", body) == (200, {"changed": 2})
    assert await site.post("/channels/deletions/apply", body) == (200, {"changed": 0})
    assert 'telegram_deletions_total{result="applied"} 2.0' in (await site.get("/metrics"))[1]
    await outbox.append([], "user", held_rows(CHANNEL, [3]))
    assert await site.post("/channels/deletions/dismiss", body) == (200, {"changed": 1})
    assert (await site.post("/channels/deletions/apply", {"channel_id": 5}))[0] == 400
