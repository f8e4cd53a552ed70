"""One message's story, put together from the outbox and the database."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from contracts.message import Key, Message
from contracts.trace import trace_id
from gateway_outbox.errors import GatewayError
from ops.outbox.outbox_reader import open_reader

_BRIEF = 60
_payload = msgspec.json.Decoder(Message)


class Event(NamedTuple):
    """Something that happened to the message: when, in which part, and what."""

    at: datetime
    where: str
    what: str


class Story:
    """What is known of one message; `notes` say what could not be asked, and why."""

    def __init__(self, key: Key) -> None:
        self.key = key
        self.stored_as = key  # the original's ids where the message is a copy
        self.rows: list[dict[str, Any]] = []
        self.is_purged = False
        self.found: dict[str, list[dict[str, Any]]] = {}
        self.traces: list[str] = []
        self.events: list[Event] = []
        self.notes: list[str] = []

    def read_outbox(self, path: Path) -> None:
        """Take the message's rows; a note where there is no outbox to read."""
        try:
            with open_reader(path) as reader:
                self.rows = reader.message_rows(*self.key)
                self.is_purged = reader.is_purged(*self.key)
        except GatewayError as error:
            self.notes.append(str(error))
            return
        for row in self.rows:
            self._take_row(row)

    def read_database(self, dsn: str | None) -> None:
        """Take what the database holds; a note where it cannot be asked."""
        import click

        from ops.trace.db_story import read_story

        try:
            self.found = read_story(dsn, self.stored_as)
        except click.ClickException as error:
            self.notes.append(f"the database could not be asked: {error.format_message()}")
            return
        self._take_found()

    @property
    def in_order(self) -> list[Event]:
        """The events by time; those of one millisecond as they follow from each other."""
        return sorted(self.events, key=lambda event: event.at)

    @property
    def is_known(self) -> bool:
        """Whether anything at all is known of the message."""
        return bool(self.rows or self.is_purged or any(self.found.values()))

    def verdict(self) -> str:
        """Where the message stands, in a sentence."""
        if (ledger := self.one("select_message")) is not None:
            return f"in the database{self._verdict_of_signal(ledger)}"
        states = [row["state"] for row in self.rows]
        if "pending" in states:
            return "received, waits for delivery: tpcapital outbox status says what for"
        if "dead_letter" in states:
            return "received, and refused by the API: a dead letter"
        if "discarded" in states:
            return "received, and given up by an operator"
        if states or self.is_purged:
            return "received and delivered; the database was not asked, or has it no more"
        return "nothing is known of it: never received, or before the outbox was kept"

    def one(self, name: str) -> dict[str, Any] | None:
        """The first row of an answer of the database."""
        return next(iter(self.found.get(name, [])), None)

    def _verdict_of_signal(self, ledger: Mapping[str, Any]) -> str:
        signal = self.one("select_signals")
        if ledger["deleted_at"]:
            return ", deleted in Telegram"
        if signal is None:
            return f", {ledger['kind'].replace('_', ' ')}"
        shown = "on the list" if signal["status"] == "active" else "withdrawn"
        return f", signal {signal['id']} {shown}" + (
            "" if signal["is_in_feed"] else "; its last change waits for an open transaction"
        )

    def _take_row(self, row: Mapping[str, Any]) -> None:
        message = _payload.decode(row["payload"])
        self.stored_as = message.key
        self._take_trace(message.traceparent)
        kind = {0: "message", -1: "deletion"}.get(row["revision"], "edit")
        self._note(message.edited_at or message.timestamp, "telegram", f"{kind} sent")
        self._note(message.received_at, "gateway", f"{kind} received by source {row['source']}")
        self._note(row["appended_ms"], "outbox", f"committed as row {row['seq']}")
        ended = row["outcome"] or row["reason"] or ""
        self._note(row["settled_ms"], "relay", f"row {row['seq']} {row['state']}: {ended}")

    def _take_found(self) -> None:
        if (ledger := self.one("select_message")) is None:
            return
        self._take_trace(ledger["traceparent"])
        if not self.rows:
            self._note(ledger["sent_at"], "telegram", "message sent")
            self._note(ledger["gateway_received_at"], "gateway", "received")
        self._note(ledger["first_seen_at"], "database", f"first stored, {ledger['kind']}")
        if ledger["last_seen_at"] != ledger["first_seen_at"]:
            self._note(ledger["last_seen_at"], "database", "a newer version stored")
        self._note(ledger["deleted_at"], "database", "deletion noticed")
        for number, text in enumerate(self.found["select_revisions"], 1):
            brief = " ".join(text["text"].split())[:_BRIEF]
            self._note(text["seen_at"], "database", f"text {number}: {brief}")
        for signal in self.found["select_signals"]:
            what = f"{signal['asset']} {signal['direction']}, {signal['status']}"
            self._note(signal["ingested_at"], "database", f"signal {signal['id']}: {what}")

    def _take_trace(self, traceparent: str | None) -> None:
        found = trace_id(traceparent)
        if found and found not in self.traces:
            self.traces.append(found)

    def _note(self, at: datetime | int | None, where: str, what: str) -> None:
        if isinstance(at, int):
            at = datetime.fromtimestamp(at / 1000, UTC)
        if at is not None:  # whole milliseconds, as the outbox has them: else it seems too early
            at = at.astimezone(UTC)
            at = at.replace(microsecond=at.microsecond // 1000 * 1000)
            self.events.append(Event(at, where, what))
