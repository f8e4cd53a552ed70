"""One example of the state machine: a gateway of its own, acted on step by step."""

import shutil
from contextlib import AbstractContextManager
from pathlib import Path

from contracts.message import Message
from tests.pipeline.account import Account, OutboxRow, Place, read_rows
from tests.pipeline.gateway import Gateway, running_gateway
from tests.pipeline.stored import stored
from tests.pipeline.world import World

FOR_EVER = 2**62


class Example:
    """Acts on the gateway and keeps the account; the world counts what came to pass."""

    def __init__(self, world: World, patience: float) -> None:
        self.world = world
        self.account = Account()
        self.channel, self._folder = world.new_example()
        self._patience = patience
        self._generation = 0
        self._running: AbstractContextManager[Gateway] | None = None
        self._image.mkdir()
        self._open()

    @property
    def rows(self) -> list[OutboxRow]:
        """The outbox as it stands on disk."""
        return read_rows(self._image / "outbox.sqlite3")

    @property
    def _image(self) -> Path:
        return self._folder / str(self._generation)

    def append(self, *messages: Message, refused: bool = False) -> None:
        """Append, and hold the outbox to it; `refused`: the API will never take these."""
        known = {row.place for row in self.rows}
        # Of equal places in one append the first is kept.
        new = {Place.of(message): message for message in reversed(messages)}
        if refused:
            self.account.refused |= set(new)
        appended = self.world.call(self.gateway.outbox.append, messages, "user")
        fresh = set(new) - known
        assert appended == (len(fresh), len(messages) - len(fresh))
        self.world.sometimes["duplicate append"] += appended.duplicates
        found = {row.place: row.seq for row in self.rows}
        self.account.acked |= {found[place]: new[place] for place in fresh}

    def see(self, name: str, times: int) -> None:
        """Wait until so many requests more met the fault. Something must be pending."""
        seen = self.world.http.seen
        enough = seen[name] + times
        self.world.until(lambda: seen[name] >= enough)
        self.world.sometimes[name] += 1

    def let_run(self) -> None:
        """All is delivered, or the relay tells of a trouble."""
        outbox, relay = self.gateway.outbox, self.gateway.relay
        self.world.until(lambda: outbox.pending == 0 or relay.trouble is not None)

    def crash(self) -> None:
        """The files as they are this moment are all that the next gateway has."""
        old, new = self._image, self._folder / str(self._generation + 1)
        new.mkdir()
        self.world.call(self.gateway.save_image, new)
        self.world.sometimes["crash with rows pending"] += self.gateway.outbox.pending > 0
        self.close()
        shutil.rmtree(old)
        self._generation += 1
        self._open()

    def restart(self) -> None:
        """An orderly stop and start."""
        self.close()
        self._open()
        self.world.sometimes["restart"] += 1

    def retry(self) -> None:
        """An operator sends every dead letter again."""
        changed = self.world.call(self.gateway.outbox.retry, None)
        self.world.sometimes["dead letter sent again"] += changed

    def discard(self, seq: int) -> None:
        """An operator gives a row up, unless it is settled."""
        changed = self.world.call(self.gateway.outbox.discard, [seq], "given up in a test")
        self.world.sometimes["discard"] += changed
        if changed:
            self.account.given_up.add(seq)

    def purge(self) -> None:
        """Forget everything that is settled."""
        gone = self.world.call(self.gateway.outbox.purge, FOR_EVER, 500)
        self.world.call(self.gateway.outbox.vacuum)
        self.world.sometimes["purge"] += gone
        kept = {row.seq for row in self.rows}
        self.account.purged = set(self.account.acked) - kept

    def settle(self) -> None:
        """End every fault: what an API can take is delivered, and the database is as foretold."""
        self.world.heal()
        self._wait_until_empty()
        self.retry()
        self._wait_until_empty()
        self.account.check_settled(self.rows)
        self._check()

    def _check(self) -> None:
        rows = self.rows
        self.account.check_kept(rows)
        dead = sum(row.state == "dead_letter" for row in rows)
        assert (self.gateway.outbox.pending, self.gateway.outbox.dead_letters) == (0, dead)
        found = stored(self.world.dsn, (self.channel, self.channel + 1))
        self.account.check_stored(found)
        signals = [standing.signal for standing in found.values() if standing.signal]
        repeated = sum(row.outcome == "unchanged" for row in rows)
        self.world.sometimes["dead letter"] += dead
        self.world.sometimes["duplicate delivery"] += repeated
        self.world.sometimes["active signal"] += any(s.status == "active" for s in signals)
        self.world.sometimes["withdrawn signal"] += any(s.status == "withdrawn" for s in signals)
        for each in (s for s in found.values() if s.deleted_at):
            self.world.sometimes["deleted signal"] += each.signal is not None
            self.world.sometimes["deleted, never seen"] += each.revision == 0
        self.world.sometimes["many texts"] += any(s.revision > 2 for s in found.values())

    def _wait_until_empty(self) -> None:
        outbox, relay = self.gateway.outbox, self.gateway.relay
        self.world.until(lambda: outbox.pending == 0 and relay.trouble is None)

    def _open(self) -> None:
        path, port = self._image / "outbox.sqlite3", self.world.http.port
        self._running = self.world.portal.wrap_async_context_manager(
            running_gateway(path, port, self._patience)
        )
        self.gateway = self._running.__enter__()
        self.account.check_kept(self.rows)

    def close(self) -> None:
        """Stop the gateway."""
        if self._running is not None:
            running, self._running = self._running, None
            running.__exit__(None, None, None)
