"""The messages of a benchmark: the same ones each time, in every dialect, three of ten signals."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random

from contracts.message import Message
from ops.demo.desk import MESA_TRADES, VELOZ_TRADES
from ops.demo.dialects import CARDS, LINES, SALES
from ops.demo.trades import plan

SIGNAL_SHARE = 0.3
_CHANNEL = -1001500000000
_BEGIN = datetime(2026, 1, 5, 12, tzinfo=UTC)
_DIALECTS = (*CARDS, *LINES, *SALES)
_TRADES = (*MESA_TRADES, *VELOZ_TRADES)
_CHATTER = (
    "Bom dia, mesa! {0} no radar, esperem a confirmação antes de qualquer entrada.",
    "{0} segue aberta, stop no lugar. Quem entrou ontem já pode proteger a metade.",
    "Resultado do dia: {1} gains, {2} stops. Planilha: https://example.com/planilha/{1}",
    "sextou 🍀 mão leve em {0}, volume {1}% abaixo da média das últimas {2} sessões",
    "Relatório da manhã: Ibovespa +0,{1}% às 10:{2}, dólar em queda. {0} puxa a alta.",
    "👍",
)


def bench_messages(count: int, channels: int, seed: int = 7) -> Iterator[Message]:
    """`count` messages dealt in turn to the channels; of equal arguments equal messages."""
    random = Random(seed)  # noqa: S311  # varied texts, the same ones in each run
    for number in range(count):
        yield Message(
            channel_id=_CHANNEL - number % channels,
            message_id=number // channels + 1,
            text=_text(random),
            timestamp=_BEGIN + timedelta(seconds=number),
        )


def _text(random: Random) -> str:
    trade = random.choice(_TRADES)
    if random.random() < SIGNAL_SHARE:
        price = trade.low * random.randint(80, 125) / 100
        shape = plan(trade.asset, str(price), trade.kind, trade.side)
        return random.choice(_DIALECTS)(shape)
    chatter = random.choice(_CHATTER)
    return chatter.format(trade.asset, random.randint(1, 9), random.randint(10, 59))
