"""The way of a message, end to end: outbox, relay, token, API, database."""

import time
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

import anyio
import click

from contracts.message import Message
from gateway_outbox.errors import GatewayError
from ops.local_http import ask
from ops.move.move_site import Site
from ops.move.move_step import Facts, Note
from ops.outbox.outbox_door import open_door
from ops.outbox.outbox_reader import open_reader

CHANNEL: Final = -1  # a basic group of nobody's
_SECONDS: Final = 30.0


class Probe:
    """A message that is no signal, given to the running gateway, has to arrive in the database."""

    name = "probe"

    def plan(self, site: Site) -> list[str]:
        """What is sent."""
        return [f"a message of channel {CHANNEL} through {site.gateway_url}, committed by the API"]

    def problems(self, _site: Site) -> list[str]:
        """None before it is tried."""
        return []

    def run(self, site: Site, _facts: Facts, note: Note) -> None:
        """Append, wait for the delivery; then see whether Telegram is connected."""
        now = datetime.now(UTC).replace(microsecond=0)
        message = Message(
            channel_id=CHANNEL,
            message_id=int(now.timestamp()),
            text="tpcapital migrate-from-monolith: a probe, no signal",
            timestamp=now,
        )
        begun = time.monotonic()
        try:
            anyio.run(partial(_append, site, message))
        except* GatewayError as group:
            raise click.ClickException("; ".join(map(str, group.exceptions))) from group
        _wait(site, message)
        health = _health(site)
        note(
            delivered_seconds=round(time.monotonic() - begun, 3),
            gateway=health.get("status"),
            telegram_connected=health.get("telegram_connected"),
            remark=health.get("error"),
        )

    def undo(self, _site: Site, _facts: Facts) -> list[str]:
        """The message stays in the ledger; it is no signal."""
        return []


async def _append(site: Site, message: Message) -> None:
    async with open_door(site.outbox) as door:
        await door.append([message], "import")


def _wait(site: Site, message: Message) -> None:
    deadline = time.monotonic() + _SECONDS
    while True:
        with open_reader(site.outbox) as reader:
            rows = reader.rows(None, message.channel_id, 1)
        state = rows[0]["state"] if rows else "missing"
        if state == "delivered":
            return
        if state != "pending" or time.monotonic() > deadline:
            raise click.ClickException(
                f"the probe is {state} after {_SECONDS:.0f} s. What the gateway says:"
                f" {_health(site).get('error') or 'nothing'}. See `tpcapital outbox status`"
            )
        time.sleep(0.1)


def _health(site: Site) -> dict[str, Any]:
    answer = ask(f"{site.gateway_url}/health")
    if answer.error:
        raise click.ClickException(answer.error)
    return answer.document()
