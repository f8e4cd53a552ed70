"""The log of a gateway whose user session meets what no client can read."""

from pathlib import Path

from tests.telegram.channel import Channel
from tests.telegram.mtproto_server import MtprotoServer
from tests.telegram.user_gateway import UserGateway
from tests.waiting import eventually

TEXT = "Ativo: PETR4, Compra: 36,10"


async def test_nothing_of_it_is_logged(
    tmp_path: Path, server: MtprotoServer, mesa: Channel
) -> None:
    """Not at the level of every day: it may hold messages, as many as an answer has room for."""
    gateway = UserGateway(tmp_path, server)
    gateway.declare(mesa)
    async with gateway.running():
        await gateway.seen(mesa)
        server.push_undecodable(TEXT * 1000)
        mesa.post("behind it")
        await eventually(lambda: gateway.number("SELECT count(*) FROM outbox") == 6)
    log = gateway.process.text
    assert TEXT not in log
    assert 100 < len(log) < 10_000
