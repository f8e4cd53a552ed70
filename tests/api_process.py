"""A real `python -m ingest_api` for tests, on a free port."""

from pathlib import Path

from tests.postgres import TOKEN
from tests.service_process import ServiceProcess
from tests.waiting import until


class ApiProcess(ServiceProcess):
    """The API on a database; a second start uses the same port."""

    module = "ingest_api"

    def __init__(self, dsn: str, log: Path, **variables: str) -> None:
        environ = {
            "TIMESCALEDB_URL": dsn,
            "GATEWAY_SECRET_TOKEN": TOKEN,
            "PORT": "0",
            "RATE_LIMIT_MAX": "0",  # tests ask often
        }
        super().__init__(log, environ | variables)
        self.url = ""

    def start(self, seconds: float = 20) -> None:
        """Start and wait until it listens."""
        super().start(seconds)
        (ready,) = self.lines("service.ready")
        self.url = ready["address"]
        self._environ["PORT"] = self.url.rpartition(":")[2]

    def wait_until_ready(self) -> None:
        """Wait until the database is migrated too."""
        until(lambda: self.logged("database.ready"))
