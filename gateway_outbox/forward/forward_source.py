"""The forwarder: copies queued messages to the destination channel, each once.

A lane of the user session, with its own state in the table `forward`: it can lag, fail or be off
while messages are received and relayed. Never twice: the number of each copy is on disk before the
request, and what was being sent when a process died is first looked for in the destination.
"""

import logging
import time
from collections.abc import Sequence
from typing import Any

import anyio
from telethon import errors

from contracts.telemetry import Telemetry
from gateway_outbox.channels_file import Declared
from gateway_outbox.forward.copying_source import Copying, HeldError
from gateway_outbox.forward.forward_queue import ForwardQueue, Waiting, is_copy, next_group
from gateway_outbox.outbox.outbox import Outbox
from gateway_outbox.source import SourceState
from gateway_outbox.user.pace import Pace
from gateway_outbox.user.request_source import Requests
from gateway_outbox.user.tracked_channel import TrackedChannel

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.5  # also how late an album's end is noticed
HELD_SECONDS = 60.0
TROUBLE_SECONDS = 5.0

_GONE = "deleted before it was forwarded"
_PROTECTED = "the channel forbids to forward from it"
_NO_RIGHT = (
    *(errors.ForbiddenError, errors.ChatAdminRequiredError, errors.UserBannedInChannelError),
    *(errors.ChannelInvalidError, errors.PeerIdInvalidError),
)
_ADVICE = "Make the account an administrator of it that may post; nothing is lost meanwhile"


class ForwardLane:
    """Made once; `run` is one connection's life. `per_minute` is the most messages a minute."""

    def __init__(
        self,
        outbox: Outbox,
        queue: ForwardQueue,
        state: SourceState,
        telemetry: Telemetry,
        per_minute: int,
    ) -> None:
        self._queue = queue
        self._state = state
        self._telemetry = telemetry
        self._pace = Pace(per_minute)
        self._woken = anyio.Event()
        outbox.on_pending(self._wake)

    async def run(self, requests: Requests, channels: dict[int, TrackedChannel]) -> None:
        """Forward what waits, until cancelled; raises as `Lane.run`."""
        while True:
            destination = self._queue.destination
            if destination is None:
                self._state.observed.pop("forward", None)
                self._state.alarms.pop("forward", None)
                self._state.gauges["telegram_forward_pending"] = 0.0
                await self._rest(HELD_SECONDS)
                continue
            copying = Copying.to(destination, requests, channels)
            if copying is None:
                reason = "the account does not know the destination channel (yet)"
                await self._show("searching", destination, reason)
                await anyio.sleep(LOOK_SECONDS)
                continue
            await self._forward_to(destination, copying)

    async def _forward_to(self, destination: Declared, copying: Copying) -> None:
        """Until another destination is declared, or something holds it; that is waited out."""
        try:
            await self._recover(copying)
            while self._queue.destination == destination:
                await self._step(copying, destination)
        except HeldError as error:
            await self._show("held", destination, str(error))
            await anyio.sleep(HELD_SECONDS)
        except (errors.BadRequestError, errors.ForbiddenError) as error:
            await self._show("held", destination, f"Telegram answers {type(error).__name__}")
            await anyio.sleep(HELD_SECONDS)
        except errors.ServerError as error:
            await self._show("transient", destination, f"Telegram answers {error.message}")
            await anyio.sleep(TROUBLE_SECONDS)

    async def _step(self, copying: Copying, destination: Declared) -> None:
        """One message or album; or a look at the queue that finds nothing to do yet."""
        waiting = await self._queue.waiting(copying.readable())
        group = next_group(await self._in_order(copying, waiting), time.time_ns() // 1_000_000)
        if not group:
            await self._show("forwarding", destination)
            pending, _ = await self._queue.pending()
            await self._rest(LOOK_SECONDS if pending else HELD_SECONDS)
            return
        if copying.is_protected(group[0].channel_id):
            await self._settle(group, "refused", _PROTECTED)
            return
        await self._pace.turn(len(group))
        await self._forward(copying, group)
        await self._show("forwarding", destination)

    async def _in_order(self, copying: Copying, rows: list[Waiting]) -> list[Waiting]:
        """Without the channels whose next message may not be the next one."""
        heads: dict[int, Waiting] = {}
        for row in rows:
            head = heads.setdefault(row.channel_id, row)
            heads[row.channel_id] = min(head, row, key=lambda each: each.message_id)
        early = {
            id_
            for id_, head in heads.items()
            if await self._queue.is_early(head, copying.contiguous_id(id_))
        }
        return [row for row in rows if row.channel_id not in early]

    async def _forward(self, copying: Copying, group: Sequence[Waiting]) -> None:
        numbers = await self._queue.begin(group)
        try:
            taken = await copying.copy(group, numbers)
        except errors.RandomIdDuplicateError:
            await self._settle(group, "forwarded")
        except errors.ChatForwardsRestrictedError:
            await self._settle(group, "refused", _PROTECTED)
        except (errors.MessageIdInvalidError, errors.MessageIdsEmptyError):
            await self._settle(group, "refused", _GONE)
        except _NO_RIGHT as error:
            await self._queue.put_back(group)
            raise HeldError(f"Telegram answers {type(error).__name__}: no right to post") from None
        except errors.ChannelPrivateError:
            await self._queue.put_back(group)
            await copying.look_at_destination()  # raises HeldError if that is the private one
            await self._settle(group, "refused", "its channel is private now")
        except errors.BadRequestError as error:
            await self._settle(group, "refused", f"Telegram answers {type(error).__name__}")
        else:
            there = [row for row, n in zip(group, numbers, strict=True) if n in taken]
            await self._settle(there, "forwarded")
            await self._settle([row for row in group if row not in there], "refused", _GONE)

    async def _recover(self, copying: Copying) -> None:
        """What was being sent when we lost the connection: is it there?"""
        unsure = await self._queue.unsure()
        if not unsure:
            return
        originals = {row: await self._queue.original(row) for row in unsure}
        copies = await copying.newest(min(row.queued_ms for row in unsure) / 1000)
        there = [r for r in unsure if any(is_copy(originals[r], r, copy) for copy in copies)]
        await self._settle(there, "forwarded")
        await self._queue.put_back([row for row in unsure if row not in there])

    async def _settle(
        self, group: Sequence[Waiting], result: Any, reason: str | None = None
    ) -> None:
        if not group:
            return
        await self._queue.settle(group, result, reason)
        self._telemetry.add("telegram_forwarded_total", len(group), result=result)
        if reason:
            message = "not forwarded: messages %s of %d: %s"
            ids = [row.message_id for row in group]
            channel = group[0].channel_id
            extra = {"action": "forward.refused", "channel_id": channel, "message_ids": ids}
            log.warning(message, ids, group[0].channel_id, reason, extra=extra)

    async def _show(self, condition: str, destination: Declared, reason: str = "") -> None:
        pending, oldest = await self._queue.pending()
        self._state.gauges["telegram_forward_pending"] = float(pending)
        before = self._state.observed.get("forward", {})
        self._state.observed["forward"] = {
            "state": condition,
            "destination": str(destination.key),
            "pending": pending,
            "oldest_seconds": round(oldest, 1),
            "reason": reason or None,
            "advice": _ADVICE if condition == "held" else None,
        }
        self._state.alarms.pop("forward", None)
        if condition in ("held", "transient"):
            words = f"forwarding to {destination.key} {condition}: {reason}"
            self._state.alarms["forward"] = words + (f". {_ADVICE}" if condition == "held" else "")
            if before.get("state") != condition:
                log.warning("%s", words, extra={"action": f"forward.{condition}"})

    def _wake(self) -> None:
        self._woken.set()

    async def _rest(self, seconds: float) -> None:
        """Until something is stored, or so long."""
        self._woken = anyio.Event()
        with anyio.move_on_after(seconds):
            await self._woken.wait()
