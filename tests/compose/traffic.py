"""A live gateway on the host that Telegram keeps busy, and the account of what it delivered."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count, islice
from pathlib import Path

from contracts.message import Key
from tests.beside import beside
from tests.pipeline.services import texts_in
from tests.telegram.channel import Channel
from tests.telegram.mtproto_connection import MtprotoConnection
from tests.telegram.mtproto_server import MtprotoServer, threaded_server
from tests.telegram.user_gateway import UserGateway
from tests.telegram.world import Telegram
from tests.waiting import until

CHANNELS = 4
PAUSE_SECONDS = 0.025

_ids = count(1_600_000_001)  # no two gateways of a session share a channel


class Traffic:
    """Posts in a few channels, one after the other, for as long as `flowing` lasts."""

    def __init__(
        self, server: MtprotoServer, gateway: UserGateway, channels: list[Channel]
    ) -> None:
        self._server = server
        self._gateway = gateway
        self._channels = channels
        self._connections: set[MtprotoConnection] = set()

    @property
    def sent(self) -> dict[Key, str]:
        """Every message that Telegram has, and its text."""
        return {
            Key(channel.marked_id, id_): message.message
            for channel in self._channels
            for id_, message in list(channel.messages.items())
        }

    @property
    def gateway(self) -> UserGateway:
        """The gateway that delivers it."""
        return self._gateway

    @contextmanager
    def flowing(self) -> Iterator[None]:
        """Messages keep coming inside the block."""
        with beside(self._post):
            yield

    def _post(self, stopped: threading.Event) -> None:
        number = 0
        while not stopped.wait(PAUSE_SECONDS):
            number += 1
            text = f"Ativo: PETR4\nCompra: {number},50\nAlvo 1: {number + 9},00"
            self._channels[number % CHANNELS].post(text if number % 5 else f"mensagem {number}")

    def start(self) -> None:
        """Start the gateway; its connection to Telegram is remembered."""
        self._gateway.process.start()
        until(lambda: bool(self._server.connections))
        self._connections = set(self._server.connections)

    def wait_for_more(self, count: int) -> None:
        """So many messages more than there are now."""
        wanted = len(self.sent) + count
        until(lambda: len(self.sent) >= wanted)

    def wait_until_delivered(self) -> None:
        """Everything that Telegram has is in the outbox, and the API answered for each."""
        wanted = len(self.sent)
        question = "SELECT count(*) FROM outbox WHERE state = 'delivered'"
        until(lambda: self._gateway.number(question) == wanted, 90)

    def assert_stored_once(self, dsn: str) -> int:
        """Nothing is lost and nothing is there twice; returns how much there is."""
        self.wait_until_delivered()
        sent, stored = self.sent, texts_in(dsn)
        channels = {channel.marked_id for channel in self._channels}
        found = {key: text for key, text in stored.items() if key.channel_id in channels}
        assert found == sent
        return len(sent)

    def assert_untouched(self) -> None:
        """The gateway is the same process, on the connection to Telegram that it started with."""
        assert not self._gateway.process.has_ended
        assert self._connections <= self._server.connections


@contextmanager
def traffic(folder: Path, endpoint: str, token: str, **variables: str) -> Iterator[Traffic]:
    """A gateway that delivers to `endpoint`, connected and not yet busy."""
    folder.mkdir()
    telegram = Telegram()
    channels = [telegram.channel(f"Mesa {id_}", id=id_) for id_ in islice(_ids, CHANNELS)]
    with threaded_server(telegram) as server:
        settings = {"API_ENDPOINT": endpoint, "API_SECRET_TOKEN": token} | variables
        gateway = UserGateway(folder, server, **settings)
        gateway.declare(*channels)
        found = Traffic(server, gateway, channels)
        try:
            found.start()
            yield found
        finally:
            gateway.process.leave()
