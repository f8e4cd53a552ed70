"""What the gateway tells the API about itself, and what it does when it is asked for something."""

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

import anyio
import pytest

from contracts.gateway_report import GatewayRequest
from contracts.secret import Token
from gateway_outbox.channels_file import Channels
from gateway_outbox.control.status_report import StatusReporter
from gateway_outbox.outbox.outbox import Outbox, Settlement
from gateway_outbox.relay.api_client import open_api_client
from gateway_outbox.settings import Settings
from gateway_outbox.source import Condition, SourceState
from gateway_outbox.user.history_desk import HistoryDesk
from tests.gateway_outbox.reported_api import ReportedApi, reported_api
from tests.messages import CHANNEL, TOKEN, message, messages
from tests.waiting import eventually

LATER: tuple[Condition, ...] = ("connecting", "transient", "silent")


class Reporting(NamedTuple):
    """A reporter that runs, and what it looks at."""

    api: ReportedApi
    outbox: Outbox
    source: SourceState
    channels: Channels
    file: Path


@pytest.fixture
async def reporting(outbox: Outbox, tmp_path: Path) -> AsyncIterator[Reporting]:
    """A reporter beside an outbox."""
    file = tmp_path / "channels.toml"
    file.write_text(f'version = 1\n[[channel]]\nid = {CHANNEL}\nlabel = "Mesa"\n')
    source = SourceState("user")
    async with reported_api() as (api, port):
        endpoint = f"http://127.0.0.1:{port}/ingest"
        settings = Settings(
            api_secret_token=Token(TOKEN), api_endpoint=endpoint, channels_file=file
        )
        channels = Channels(settings)
        async with (
            open_api_client(settings, lambda: settings.api_secret_token) as client,
            anyio.create_task_group() as tasks,
        ):
            desk = HistoryDesk()
            tasks.start_soon(StatusReporter(client, outbox, [source], channels, desk).run)
            yield Reporting(api, outbox, source, channels, file)
            tasks.cancel_scope.cancel()


async def test_it_tells_its_state_with_the_token(reporting: Reporting) -> None:
    """Sources, outbox and declared channels; a change is told without waiting for the interval."""
    await reporting.outbox.append(messages(3), "user")
    await eventually(lambda: bool(reporting.api.reports))
    reporting.source.turn("login_required", "the session was revoked", "Type: tpcapital login")
    await eventually(lambda: reporting.api.reports[-1].login_required)
    told = reporting.api.reports[-1]
    assert (told.sources[0].source, told.sources[0].condition) == ("user", "login_required")
    assert told.sources[0].reason == "the session was revoked"
    assert (told.outbox.pending, told.outbox.oldest_pending_at is None) == (3, False)
    assert [(each.channel_id, each.title) for each in told.channels] == [(CHANNEL, "Mesa")]
    assert reporting.api.tokens == {TOKEN}


async def test_it_names_what_was_delivered_last(reporting: Reporting) -> None:
    """Each message once; what an operator gave up is not among them."""
    await reporting.outbox.append([*messages(3), message(1, "edited", edited=5)], "user")
    done = [Settlement(seq, "delivered", outcome="created") for seq in (1, 2, 4)]
    await reporting.outbox.settle(done)
    await reporting.outbox.discard([3], "given up")
    reporting.source.turn("connected")
    await eventually(lambda: any(each.outbox.delivered for each in reporting.api.reports))
    told = reporting.api.reports[-1].outbox.delivered
    assert sorted(told) == [(CHANNEL, 1), (CHANNEL, 2)]


async def test_a_reload_is_done_and_answered(reporting: Reporting) -> None:
    """The file is read again, and the answer names the channels."""
    reporting.file.write_text(f"version = 1\n[[channel]]\nid = {CHANNEL - 1}\n")
    reporting.api.requests = [GatewayRequest(id=7, kind="reload")]
    reporting.source.turn("connecting")
    await eventually(lambda: not reporting.api.requests)
    (answer,) = next(each.answers for each in reporting.api.reports if each.answers)
    assert (answer.id, answer.succeeded, answer.channels) == (7, True, [CHANNEL - 1])
    assert [each.id for each in reporting.channels.declared] == [CHANNEL - 1]


async def test_a_broken_file_and_a_missing_session_are_answered_too(reporting: Reporting) -> None:
    """Each with the reason; nothing is changed."""
    reporting.file.write_text("version = 99\n")
    reporting.api.requests = [
        GatewayRequest(id=1, kind="reload"),
        GatewayRequest(id=2, kind="sync"),
    ]
    reporting.source.turn("connecting")
    await eventually(lambda: not reporting.api.requests)
    answers = next(each.answers for each in reporting.api.reports if each.answers)
    assert [each.succeeded for each in answers] == [False, False]
    assert "has version 99" in answers[0].detail
    assert "user session is not connected" in answers[1].detail
    assert [each.id for each in reporting.channels.declared] == [CHANNEL]


async def test_an_api_that_takes_no_reports_changes_nothing(
    reporting: Reporting, caplog: pytest.LogCaptureFixture
) -> None:
    """An older API answers 404: said once, and tried on."""
    caplog.set_level("INFO")
    reporting.api.status = 404
    for number, condition in enumerate(LATER, 2):
        await eventually(partial(reporting.api.has, number - 1))
        reporting.source.turn(condition)
    await eventually(partial(reporting.api.has, len(LATER) + 1))
    said = [each for each in caplog.messages if "does not take the gateway's reports" in each]
    assert len(said) == 1
    assert "answered 404" in said[0]


async def test_what_it_does_not_know_yet_is_answered_too(reporting: Reporting) -> None:
    """A newer API may ask for more; it hears that this gateway is older, and stops asking."""
    reporting.api.requests = [GatewayRequest(id=3, kind="dance")]
    reporting.source.turn("connecting")
    await eventually(lambda: not reporting.api.requests)
    (answer,) = reporting.api.answers
    assert (answer.id, answer.succeeded) == (3, False)
    assert "does not know 'dance'; upgrade it" in answer.detail


async def test_another_program_at_the_api_s_place_is_told_of(
    reporting: Reporting, caplog: pytest.LogCaptureFixture
) -> None:
    """Its 200 says nothing; once it is the API again, that is said, too."""
    caplog.set_level("INFO")
    reporting.api.body = b"<html>It works!</html>"
    await eventually(lambda: any("is API_ENDPOINT right?" in each for each in caplog.messages))
    reporting.api.body = None
    reporting.source.turn("connecting")
    await eventually(lambda: "the API takes the gateway's reports" in caplog.messages)
