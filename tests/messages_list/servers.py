"""The services that the rows of HTTP are asked of: real ones, each started when it is needed."""

from contextlib import ExitStack
from pathlib import Path
from typing import Final

from gateway_outbox.outbox import outbox_lock
from tests.api_process import ApiProcess
from tests.messages import TOKEN as GATEWAY_TOKEN
from tests.messages_list.http_row import Server
from tests.postgres import TOKEN, TestDatabases
from tests.running_gateway import gateway_process

_KEY: Final = "a-key-of-the-dashboard"
_PASSWORD: Final = "a-word-of-the-database"
_NO_DATABASE: Final = {
    "TIMESCALEDB_URL": f"postgresql://x:{_PASSWORD}@127.0.0.1:1/x",
    "POOL_TIMEOUT_MS": "100",
}
# What the APIs of the list differ in.
_APIS: Final = {
    "api": {"TP_CAPITAL_API_KEY": _KEY},
    "closed api": {"TP_CAPITAL_API_KEY": _KEY, "REQUIRE_API_KEY_FOR_READS": "true"},
    "api without database": _NO_DATABASE,
    "asked api": _NO_DATABASE | {"RATE_LIMIT_MAX": "1"},
}


class Servers:
    """Every server of the list, by its name; they end with the `stack`."""

    def __init__(self, stack: ExitStack, folder: Path, postgres: TestDatabases) -> None:
        self._stack = stack
        self._folder = folder
        self._postgres = postgres
        self._started: dict[str, Server] = {}

    def of(self, name: str) -> Server:
        """The server of this name, running."""
        if name not in self._started:
            self._started[name] = self._gateway() if name == "gateway" else self._api(name)
        return self._started[name]

    def _api(self, name: str) -> Server:
        variables = _APIS[name]
        has_database = "TIMESCALEDB_URL" not in variables
        dsn = self._stack.enter_context(self._postgres.migrated()) if has_database else ""
        api = ApiProcess(dsn, self._folder / f"{name}.log", **variables)
        self._stack.enter_context(api)
        if has_database:
            api.wait_until_ready()
        secrets = {"token": TOKEN, "key": _KEY, "password": _PASSWORD}
        server = Server(int(api.url.rpartition(":")[2]), secrets)
        if name == "asked api":
            server.ask("GET /")
        return server

    def _gateway(self) -> Server:
        outbox, channels = self._folder / "outbox.sqlite3", self._folder / "channels.toml"
        process = self._stack.enter_context(gateway_process(outbox, CHANNELS_FILE=str(channels)))
        channels.write_text("version = \n", encoding="utf-8")  # torn after the start
        holder = outbox_lock.holder_of(outbox)
        assert holder is not None
        return Server(process.port, {"token": holder.control_token, "shared": GATEWAY_TOKEN})
