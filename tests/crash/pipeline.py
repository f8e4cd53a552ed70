"""Gateway, API and PostgreSQL as processes of their own, each of which can crash at any moment."""

import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ops.embedded_postgres import EmbeddedPostgres
from tests.api_process import ApiProcess
from tests.crash.story import Story
from tests.gateway_process import GatewayProcess
from tests.messages import TOKEN
from tests.waiting import until

_OVERLAP = 50  # posts that a restarted source reads once more, as Telegram's may


@dataclass
class Pipeline:
    """The three processes; `kills` counts the crashes by victim, `idle` those that met no work."""

    story: Story
    gateway: GatewayProcess
    api: ApiProcess
    postgres: EmbeddedPostgres
    file: Path
    rate: float
    kills: Counter[str] = field(default_factory=Counter)
    idle: int = 0

    def crash_gateway(self) -> None:
        """Kill it; what was committed before is there after; start it where the source stood."""
        before = self.appended()
        self._kill("gateway", self.gateway)
        after = self.appended()
        assert after >= before, f"{before} rows were committed, {after} are left"
        self.launch_gateway(max(0, after - _OVERLAP), self.rate)

    def crash_api(self) -> None:
        """Kill it and start it again."""
        self._kill("api", self.api)
        self.api.launch()

    def crash_postgres(self) -> None:
        """Kill the server and start it again: it recovers from its log."""
        self._kill("postgres", self.postgres)
        self.postgres.start()

    def _kill(self, name: str, victim: GatewayProcess | ApiProcess | EmbeddedPostgres) -> None:
        self.idle += not (self.pending() or self.appended() < len(self.story.posts))
        victim.kill()
        self.kills[name] += 1

    def launch_gateway(self, first: int, rate: float | None = None) -> None:
        """Start the gateway with the story from a post on, as fast as it goes without a rate."""
        self.story.write(self.file, first)
        self.gateway.replay(self.file, rate)
        self.gateway.launch()

    def finish(self, seconds: float) -> None:
        """No more crashes: wait until the last post is appended and nothing is pending."""
        self.gateway.kill()
        self.launch_gateway(max(0, self.appended() - _OVERLAP))
        until(lambda: self.appended() == len(self.story.posts), seconds)
        until(lambda: not self.pending(), seconds)

    def replay_all_again(self) -> None:
        """The whole story once more, from the start, to its end."""
        self.gateway.kill()
        self.launch_gateway(0)
        until(lambda: self.gateway.logged("source.finished"))

    def appended(self) -> int:
        """How many posts the outbox holds; fails unless they are the story's first, in order."""
        rows = self.outbox("SELECT channel_id, message_id FROM outbox ORDER BY seq")
        expected = [post.key for post in self.story.posts[: len(rows)]]
        assert rows == expected, "the outbox is no unbroken beginning of the story"
        return len(rows)

    def pending(self) -> int:
        """How many rows wait."""
        found: int = self.outbox("SELECT count(*) FROM outbox WHERE state = 'pending'")[0][0]
        return found

    def outbox(self, question: str) -> list[tuple[Any, ...]]:
        """Rows of the outbox file, read beside its owner; none before its tables are made."""
        uri = f"{self.gateway.outbox.as_uri()}?mode=ro"
        try:
            with closing(sqlite3.connect(uri, uri=True)) as connection:
                return connection.execute(question).fetchall()
        except sqlite3.OperationalError:
            if self.kills["gateway"] > 1:
                raise
            return [] if "count" not in question else [(0,)]


@contextmanager
def running(folder: Path, story: Story, rate: float) -> Iterator[Pipeline]:
    """All three are up; the gateway has begun to replay the story at `rate` posts a second."""
    with (
        EmbeddedPostgres(folder / "postgres") as postgres,
        ApiProcess(postgres.dsn, folder / "api.log", GATEWAY_SECRET_TOKEN=TOKEN) as api,
    ):
        gateway = GatewayProcess(
            folder / "outbox.sqlite3", f"{api.url}/ingest", folder / "gateway.log"
        )
        pipeline = Pipeline(story, gateway, api, postgres, folder / "result.json", rate)
        story.write(pipeline.file)
        gateway.replay(pipeline.file, rate)
        try:
            gateway.start()
            yield pipeline
        finally:
            gateway.leave()
