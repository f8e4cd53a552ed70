"""Follow-up messages: what they say, which signal they mean, and what the views make of them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import anyio
import psycopg
import pytest

from contracts.message import Message
from contracts.metrics import API
from contracts.telemetry import Telemetry
from ingest_api.database.database import open_pool
from ingest_api.ingest.delivery import Delivery
from ingest_api.ingest.store import Store
from ops.demo import desk
from tests.postgres import TestDatabases, settings

CHANNEL = -1001234567890
MONDAY = datetime(2026, 11, 16, 1, 0, tzinfo=UTC)  # still Sunday in São Paulo

SAYINGS = {
    "PETRW385 ALVO 1 ATINGIDO ✅\n+12,5%": ("PETRW385", "target", 1),
    "alvo 1 atingido petrw385 +10% 🔥": ("PETRW385", "target", 1),
    "**Alvo 2 atingido em VALEX640!** Quem está dentro realiza metade.": ("VALEX640", "target", 2),
    "VALEX640 bateu segundo alvo +8% obrigado mercado 🙏": ("VALEX640", "target", 2),
    "B3SA3 ALVO FINAL ATINGIDO 🏁🏁\nParabéns a quem segurou!": ("B3SA3", "target", 99),
    "1º alvo batido em PETR4": ("PETR4", "target", 1),
    "PETR4: alvo1 atingido. Subam o stop para a entrada.": ("PETR4", "target", 1),
    "Bateu alvo!": (None, "target", None),
    "PETRW385 stop\n-30%": ("PETRW385", "stop", None),
    "PETRW385 stop": ("PETRW385", "stop", None),
    "tomamos stop em WINZ26, faz parte. -120 pts": ("WINZ26", "stop", None),
    "Stopado em PETR4": ("PETR4", "stop", None),
    "stop": (None, "stop", None),
    "Operação em PETR4 CANCELADA, abriu longe do preço. Desconsiderem.": (
        *("PETR4", "cancelled"),
        None,
    ),
    "cancela WDOZ26, perdeu a região": ("WDOZ26", "cancelled", None),
    "PETRK328W2 alvo 1 atingido": ("PETRK328W2", "target", 1),
}
SILENT = (
    "Bom dia! O mercado abre em alta.",
    "Subam o stop de PETR4 para o preço de entrada (36,10).",
    "Ordem de PETR4 ainda não executou, mantenham no book.",
    "PETR4 quase no alvo, falta um tico (37,00)",
    "parcial em PETR4 feita, resto com stop na entrada",
    "PETR4 NÃO atingiu o alvo 1",
    "Se bater o alvo 1 em PETR4, subam o stop.",
    "Resultado do dia: 2 gains, 1 stop. Planilha atualizada",
    "PETR4 e VALE3: alvo 1 atingido",
    "PETR4 alvo 1 atingido. Depois bateu stop.",
    "Fechamos o dia. PETR4 segue aberta, stop no lugar.",
    "quem não entrou em PETR4 NÃO corre atrás",
)


def signal(asset: str) -> str:
    """A signal with three targets."""
    return (
        f"Ativo: {asset}\nCompra: 1,00 a 1,10\n"
        "Alvo 1: 1,50\nAlvo 2: 2,00\nAlvo final: 3,00\nStop: 0,70"
    )


class Board:
    """A database to which messages are posted one an hour, numbered from 1."""

    def __init__(self, dsn: str) -> None:
        self.dsn = dsn
        self.number = 0

    def post(self, *texts: str, hours: float = 1, channel: int = CHANNEL) -> int:
        """Post messages of consecutive hours; the last one's number."""
        messages = []
        for text in texts:
            self.number += 1
            at = MONDAY + timedelta(hours=self.number * hours)
            messages.append(
                Message(channel_id=channel, message_id=self.number, text=text, timestamp=at)
            )
        anyio.run(partial(_deliver, self.dsn, messages))
        return self.number

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What a query gives."""
        options = "-c search_path=tp_capital,public -c timezone=UTC"
        with psycopg.connect(self.dsn, options=options) as connection:
            return connection.execute(query.encode()).fetchall()

    def links(self) -> list[tuple[Any, ...]]:
        """Message, how many signals fit, and the one that it means."""
        return self.rows(
            "select message_id, fits, signal_message_id from linked_follow_ups order by 1"
        )


async def _deliver(dsn: str, messages: list[Message]) -> None:
    telemetry = Telemetry(API, "test", "0")
    async with open_pool(settings(dsn)) as pool:
        await Store(pool, telemetry).record([Delivery.of(each) for each in messages])
    telemetry.close()


@pytest.fixture
def board(database: str) -> Board:
    """An empty board."""
    return Board(database)


@pytest.fixture(scope="module")
def reader(postgres: TestDatabases) -> Iterator[Board]:
    """A board for asking the reading functions only."""
    with postgres.migrated() as dsn:
        yield Board(dsn)


def read(reader: Board, text: str) -> list[tuple[Any, ...]]:
    """What the database reads in a text."""
    options = "-c search_path=tp_capital,public"
    with psycopg.connect(reader.dsn, options=options) as connection:
        return connection.execute("select * from read_follow_up(%s)", (text,)).fetchall()


@pytest.mark.parametrize("text", SAYINGS)
def test_what_a_follow_up_says(reader: Board, text: str) -> None:
    """Asset, outcome, and which target."""
    assert read(reader, text) == [SAYINGS[text]]


@pytest.mark.parametrize("text", SILENT)
def test_what_says_nothing_certain(reader: Board, text: str) -> None:
    """Conditions, wishes, two assets, two outcomes, ordinary chat."""
    assert read(reader, text) == []


def test_a_follow_up_means_the_one_signal_that_fits(board: Board) -> None:
    """By channel, asset and time; one of another channel or asset does not fit."""
    board.post(signal("PETRW385"), signal("VALEX640"), "PETRW385 alvo 1 atingido")
    board.post("VALEX640 stop", "BBDC4 alvo 2 atingido")
    board.post("PETRW385 alvo 2 atingido", channel=-1009999999999)
    assert board.links() == [(3, 1, 1), (4, 1, 2), (5, 0, None), (6, 0, None)]


def test_it_is_never_guessed_when_two_fit(board: Board) -> None:
    """Two signals of one asset are open: which one is meant is not said."""
    board.post(signal("PETRW385"), signal("PETRW385"), "PETRW385 alvo 1 atingido", "bateu alvo!")
    assert board.links() == [(3, 2, None), (4, 2, None)]
    assert board.rows("select outcome from signal_outcomes") == [(None,), (None,)]


def test_a_signal_that_ended_fits_no_more(board: Board) -> None:
    """After its stop only the newer one can be meant."""
    board.post(signal("PETRW385"), "PETRW385 stop", signal("PETRW385"), "PETRW385 alvo 1 atingido")
    assert board.links() == [(2, 1, 1), (4, 1, 3)]


def test_without_an_asset_the_day_counts(board: Board) -> None:
    """One signal in the day before: it is meant. None: nothing is."""
    board.post(signal("PETRW385"), "bateu alvo 1!")
    board.number = 60
    board.post("stop")
    assert board.links() == [(2, 1, 1), (61, 0, None)]


def test_an_edit_and_a_deletion_are_followed(board: Board) -> None:
    """What a follow-up says now is what counts."""
    board.post(signal("PETRW385"), "PETRW385 alvo 1 atingido")
    at = MONDAY + timedelta(hours=2)
    known: dict[str, Any] = {"channel_id": CHANNEL, "message_id": 2, "timestamp": at}
    edited = Message(**known, text="PETRW385 stop", edited_at=at + timedelta(minutes=1))
    anyio.run(partial(_deliver, board.dsn, [edited]))
    assert board.rows("select outcome from signal_outcomes") == [("stop",)]
    chat = Message(**known, text="Bom dia", edited_at=at + timedelta(minutes=2))
    anyio.run(partial(_deliver, board.dsn, [chat]))
    assert board.links() == []
    again = Message(**known, text="PETRW385 stop", edited_at=at + timedelta(minutes=3))
    anyio.run(partial(_deliver, board.dsn, [again]))
    gone = Message(**known, text="", deleted_at=at + timedelta(minutes=4))
    anyio.run(partial(_deliver, board.dsn, [gone]))
    assert board.links() == []


def test_hit_rates_and_outcomes(board: Board) -> None:
    """A target before the stop is a hit; the final target is the last that the signal has."""
    board.post(signal("PETRW385"), "PETRW385 alvo 1 atingido", "PETRW385 alvo final atingido")
    board.post(signal("VALEX640"), "VALEX640 stop", signal("BBDC4"), signal("ITUB4"))
    board.post("cancela ITUB4, abriu longe")
    assert board.rows("select asset, outcome, best_target from signal_outcomes order by 1") == [
        ("BBDC4", None, None),
        ("ITUB4", "cancelled", None),
        ("PETRW385", "target", 3),
        ("VALEX640", "stop", None),
    ]
    (row,) = board.rows("select * from hit_rates")
    assert row[1:-1] == (4, 1, 1, 1, 1)
    assert float(row[-1]) == 0.5


def test_signals_per_hour_day_and_channel(board: Board) -> None:
    """A day is São Paulo's: two signals at 02:00 and 04:00 UTC are of two days."""
    board.post(signal("PETRW385"), "Bom dia", signal("VALEX640"))
    days = board.rows("select day::text, signals from signals_per_day order by 1")
    assert days == [("2026-11-15", 1), ("2026-11-16", 1)]
    assert len(board.rows("select * from signals_per_hour")) == 2
    (row,) = board.rows("select channel, signals, assets from signals_per_channel")
    assert row == (str(CHANNEL), 2, 2)


def test_the_demo_s_follow_ups_are_read(reader: Board) -> None:
    """Of a desk's nine days of posts none is read as about another asset than it names."""
    told = 0
    for post in desk.mesa():
        for asset, outcome, _target in read(reader, post.text) if post.trade is None else ():
            told += 1
            assert asset is None or asset.lower() in post.text.lower()
            assert outcome in ("target", "stop", "cancelled")
    assert told > 15
