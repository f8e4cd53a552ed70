"""What goes wrong between the bot source and Telegram, and what it makes of it."""

import logging
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway_outbox.errors import LoginRequiredError
from tests.telegram.bot_api_server import FIRST_UPDATE, TOKEN, Fault
from tests.telegram.bot_bench import Bench, bot_bench
from tests.telegram.bot_updates import post
from tests.waiting import eventually

pytestmark = pytest.mark.timeout(60)


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    """A server, an outbox, no source yet."""
    async with bot_bench(tmp_path) as parts:
        yield parts


@pytest.mark.parametrize(
    ("fault", "kind", "words"),
    [
        (Fault.BAD_GATEWAY, "garbage", "no answer (JSONDecodeError)"),
        (Fault.NO_DESCRIPTION, "garbage", "no answer (TypeError)"),
        (Fault.GARBAGE, "garbage", "no answer (JSONDecodeError)"),
        (Fault.NO_TEXT, "garbage", "no answer (UnicodeDecodeError)"),
        (Fault.WRONG_SHAPE, "garbage", "no answer (ValidationError)"),
        (Fault.DROP, "network", "does not answer"),
        (Fault.LOSE_ANSWER, "network", "does not answer"),
        (Fault.CONFLICT, "conflict", "another program polls"),
    ],
)
async def test_what_passes_is_waited_for(
    bench: Bench, fault: Fault, kind: str, words: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Before, between and after messages: each is stored once, and the offset never jumps."""
    bench.server.faults.extend([fault] * 3)
    bench.server.publish("channel_post", post(1))
    async with bench.running(seconds=1) as source:
        await eventually(lambda: bench.ids() == [1])
        bench.server.faults.extend([fault] * 2)
        bench.server.publish("channel_post", post(2))
        await eventually(lambda: len(bench.server.confirmed) == 2)
        await eventually(lambda: source.state.connected)
        await eventually(lambda: source.state.observed["failures"] == {kind: 5})
    assert bench.ids() == [1, 2]
    assert bench.server.faulted == {fault: 5}
    assert set(bench.server.offsets()) == {None, FIRST_UPDATE + 1, FIRST_UPDATE + 2}
    assert words in caplog.text
    assert bench.server.violations == []


async def test_trouble_is_shown_while_it_lasts(bench: Bench) -> None:
    """Transient, with the reason and what to do."""
    bench.server.choose = lambda: Fault.CONFLICT
    async with bench.running() as source:
        await eventually(lambda: source.state.condition == "transient")
        assert source.state.reason == "409: another program polls with this bot's token"
        assert source.state.advice.startswith("Stop the other program")


async def test_a_rival_is_remembered_for_a_while(bench: Bench) -> None:
    """Between two pollers every second request succeeds: that is not being connected."""
    bench.server.faults.append(Fault.CONFLICT)
    async with bench.running(conflict_seconds=30) as source:
        await eventually(lambda: bench.server.waiting == 1)
        bench.server.publish("channel_post", post(1))
        await eventually(lambda: bench.ids() == [1])
        assert source.state.condition == "transient"


async def test_an_answer_that_never_comes_is_given_up(bench: Bench) -> None:
    """A little after the poll's own end."""
    bench.server.faults.append(Fault.HANG)
    bench.server.publish("channel_post", post(1))
    async with bench.running(seconds=1):
        await eventually(lambda: bench.ids() == [1])
    assert bench.server.faulted == {Fault.HANG: 1}


@pytest.mark.parametrize("fault", [Fault.UNAUTHORIZED, Fault.NOT_FOUND])
async def test_a_token_that_is_not_known_ends_the_source(bench: Bench, fault: Fault) -> None:
    """Asking on would be in vain; only a person can get another one."""
    bench.server.faults.append(fault)
    source = bench.source()
    with pytest.raises(LoginRequiredError, match="Get a token of @BotFather") as raised:
        await source.run()
    assert source.state.condition == "login_required"
    assert "BotFather" in source.state.reason
    assert TOKEN not in f"{raised.value!r} {source.state.document()}"
    assert raised.value.__suppress_context__


async def test_another_token_is_refused_at_the_first_request(bench: Bench) -> None:
    """Before a single update is asked for."""
    with pytest.raises(LoginRequiredError):
        await bench.source(token="987:other").run()
    assert bench.server.calls == []


async def test_a_wait_that_telegram_asks_for_is_obeyed_after_a_restart_too(bench: Bench) -> None:
    """Its end is on disk; health shows what is left."""
    bench.server.faults.append(Fault.FLOOD)
    bench.server.retry_after = 2
    bench.server.publish("channel_post", post(1))
    async with bench.running() as source:
        await eventually(lambda: bool(source.state.floods))
        asked = time.monotonic()
        assert source.state.condition == "transient"
        assert "2 s" in source.state.reason
    async with bench.running() as source:
        await eventually(lambda: source.state.condition == "transient")
        assert len(bench.server.offsets()) == 1
        await eventually(lambda: bench.ids() == [1])
        assert time.monotonic() - asked > 1.8
        await eventually(lambda: source.state.connected)
    assert bench.metric('telegram_flood_waits_total{source="bot"}') == 1


async def test_a_webhook_is_reported_and_left_alone(bench: Bench) -> None:
    """It may be somebody's; its path is not shown."""
    bench.server.webhook = f"https://hooks.example.org/{TOKEN}"
    bench.server.publish("channel_post", post(1))
    async with bench.running() as source:
        await eventually(lambda: source.state.condition == "transient")
        assert "hooks.example.org" in source.state.reason
        assert "--take-over" in source.state.advice
        assert TOKEN not in str(source.state.document())
        bench.server.webhook = ""
        await eventually(lambda: bench.ids() == [1])
    assert "deleteWebhook" not in [call.method for call in bench.server.calls]


async def test_a_webhook_is_removed_on_request_and_nothing_is_dropped(bench: Bench) -> None:
    """What waited for it comes to us."""
    bench.server.webhook = "https://hooks.example.org/x"
    bench.server.publish("channel_post", post(1))
    async with bench.running(take_over=True):
        await eventually(lambda: bench.ids() == [1])
        await eventually(lambda: bench.server.waiting == 1)
        bench.server.webhook = "https://hooks.example.org/again"
        bench.server.publish("channel_post", post(2))
        await eventually(lambda: bench.ids() == [1, 2])
        await eventually(lambda: bench.server.webhook == "")
    deleted = [call.given for call in bench.server.calls if call.method == "deleteWebhook"]
    assert deleted == [{}, {}]
    assert bench.server.violations == []


async def test_the_token_is_in_no_log(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    """Not at debug level, and not while everything fails."""
    caplog.set_level(logging.DEBUG)
    bench.server.faults.extend(each for each in Fault if each not in (Fault.HANG, Fault.FLOOD))
    with pytest.raises(LoginRequiredError):
        await bench.source().run()
    port, bench.server.port = bench.server.port, 1
    async with bench.running() as source:
        await eventually(lambda: source.state.condition == "transient")
        assert "127.0.0.1:1 does not answer" in source.state.reason
    bench.server.port = port
    assert TOKEN not in caplog.text
    assert TOKEN.partition(":")[2] not in caplog.text
