"""The posts of the two signal channels, day by day: greetings, signals, what became of them."""

from collections.abc import Callable, Iterator
from itertools import cycle
from typing import NamedTuple

from ops.demo.dialects import CARDS, LINES, SALES, Dialect
from ops.demo.trades import Trade, comma, percent, plan

MESA_TRADES = (
    plan("BBASL275", "0.62"), plan("TOTS3", "34.10"), plan("KLBN11", "19.42"),
    plan("SBSP3", "118.30"), plan("ABEVX128", "0.38"), plan("TAEE11", "36.75"),
    plan("CMIG4", "11.08", "Day Trade"), plan("RAIL3", "16.21"), plan("ALOS3", "24.90"),
    plan("B3SAL134", "0.74", "Day Trade"), plan("EQTL3", "38.66"), plan("BRAP4", "19.95"),
    plan("MULT3", "28.14"), plan("CYRE3", "30.47", "Day Trade"), plan("PSSA3", "51.20"),
    plan("ENEVX152", "0.29"), plan("VBBR3", "22.85"), plan("GOAU4", "10.12"),
    plan("BPAC11", "47.33"), plan("FLRY3", "14.58", "Scalping"), plan("SLCE3", "16.90"),
    plan("CXSEL150", "0.51"), plan("INTB3", "13.74"), plan("AURE3", "12.06"),
    plan("UGPAX208", "0.44"), plan("POMO4", "7.38", "Day Trade"), plan("SMTO3", "17.65"),
)  # fmt: skip
VELOZ_TRADES = (
    plan("MRVE3", "8.12"), plan("WDOZ26", "5318.5", "Scalping"),
    plan("TIMS3", "23.40", "Day Trade"), plan("AZUL4", "1.64"),
    plan("WINZ26", "159400", "Scalping", "sell"), plan("COGN3", "3.35"),
    plan("YDUQ3", "13.82"), plan("VIVT3", "34.05"), plan("BRAV3", "18.77"),
    plan("IRBR3", "52.10"), plan("EZTC3", "17.44"), plan("RECV3", "11.96", side="sell"),
    plan("ASAI3", "9.48"), plan("CVCB3", "2.31"), plan("INDG27", "163200", "Scalping"),
    plan("SANB11", "31.02"), plan("ENEV3", "18.55"), plan("WINZ26", "160850", "Scalping", "sell"),
    plan("CRFB3", "8.27"), plan("HYPE3", "25.63", "Day Trade"),
    plan("DOLZ26", "5342.0", "Scalping"), plan("ITSAL118", "0.36"), plan("BEEF3", "6.91"),
    plan("MRFG3", "22.18", side="sell"),
    plan("PCAR3", "4.06"), plan("SIMH3", "7.72"), plan("DXCO3", "6.35"),
)  # fmt: skip

_MESA_DAYS = (
    "Bom dia, mesa! Semana cheia: Focus, Copom e IPCA. Hoje mão leve até o mercado mostrar a cara.",
    "Bom dia! Ata do Copom às 8h. Vamos esperar a poeira baixar antes de qualquer entrada.",
    "Bom dia! IPCA no radar. Se vier bom, construção e varejo andam na frente.",
    "Bom dia, pessoal. Mercado de lado lá fora; foco em papel com fluxo próprio.",
    "Bom dia! Sexta-feira, reduzam tamanho. Posição pro fim de semana só com proteção.",
    "Bom dia, mesa! Retomando. Posições abertas: TOTS3, TAEE11 e EQTL3. Stops mantidos.",
    "Bom dia! Depois da máxima histórica, atenção com compra esticada.",
    "Bom dia. Ata do Fed à tarde, devemos operar só de manhã.",
    "Bom dia! Dia de exercício de opções, cuidado com o vencimento de novembro.",
)
_VELOZ_DAYS = (
    "Bom dia velozes ⚡️ plano do índice: compra acima de 159.600, venda abaixo de 158.900",
    "bora pra cima! hoje só entrada com confirmação no 5 min",
    "Bom dia! IPCA 9h, ninguém posicionado antes disso, ok?",
    "dia devagar, meta curta: bateu +150 pontos desliga a tela",
    "sextou 🍀 primeira entrada só depois das 10:20",
    "Bom dia velozes, dólar abrindo em gap de baixa, cuidado com o mini",
    "máxima histórica ontem, hoje vale venda curta na resistência 161.400",
    "Hoje tem ata do Fed às 16h. Parem de operar às 15:45.",
    "Véspera de feriado, book vazio. Mão pela metade.",
)
_ODD = {
    2: "Ativo: KLBN11\nCompra: 19,4O a 19,5S\nAlvo 1: 20,10\nStop: 18,90",
    4: "Ativo: CYRE3\nCompra: trinta reais e pouco\nAlvo 1: a definir\nStop: a definir",
    6: "Ativo: VBBR3\nCompra: 22,,90 a 2x,10\nAlvo 1: ?\nStop: ver gráfico",
    7: "Ativo:\nCompra: 17,30 a 17,45\nAlvo 1: 17,90\nStop: 17,00",
}


_LAST_WORDS = (
    "Fechamos o dia. {0} segue aberta, stop no lugar.",
    "Resultado do dia: 2 gains, 1 stop. Planilha atualizada: https://example.com/planilha",
    "Amanhã tem mais. Revisem as ordens de {0} antes da abertura.",
    "{0} - O ativo segue em tendência de alta no diário, sem nova entrada por enquanto.",
)


class Post(NamedTuple):
    """A text of a day (0 to 8) and, for a signal, the trade it tells of."""

    day: int
    text: str
    trade: Trade | None = None


def mesa() -> Iterator[Post]:
    """The posts of the options and swing desk."""
    yield from _posts(_MESA_DAYS, MESA_TRADES, CARDS, _mesa_follow_up)


def veloz() -> Iterator[Post]:
    """The posts of the fast futures trader."""
    for post in _posts(_VELOZ_DAYS, VELOZ_TRADES, LINES, _veloz_follow_up):
        yield post
        if post.text in _VELOZ_DAYS and post.day in _ODD:
            yield Post(post.day, _ODD[post.day])


def _posts(
    days: tuple[str, ...],
    trades: tuple[Trade, ...],
    dialects: tuple[Dialect, ...],
    follow_up: Callable[[Trade, int], str],
) -> Iterator[Post]:
    """Each day: a greeting, three signals each followed up, a last word."""
    ways, sales = cycle(dialects), cycle(SALES)
    for day, greeting in enumerate(days):
        yield Post(day, greeting)
        for turn in range(3 * day, 3 * day + 3):
            trade = trades[turn]
            way = next(ways) if trade.side == "buy" else next(sales)
            yield Post(day, way(trade), trade)
            yield Post(day, follow_up(trade, turn))
            if turn % 2:
                yield Post(day, follow_up(trades[max(0, turn - 4)], turn + 3))
        yield Post(day, _LAST_WORDS[day % len(_LAST_WORDS)].format(trades[3 * day].asset))


def _mesa_follow_up(t: Trade, turn: int) -> str:
    return (
        f"{t.asset} ALVO 1 ATINGIDO ✅\n{percent(t, t.first)}",
        f"Subam o stop de {t.asset} para o preço de entrada ({comma(t.low)}).",
        f"{t.asset} stop\n{percent(t, t.stop)}",
        f"**Alvo 2 atingido em {t.asset}!** Quem está dentro realiza metade.",
        f"Ordem de {t.asset} ainda não executou, mantenham no book.",
        f"{t.asset} ALVO FINAL ATINGIDO 🏁🏁\n{percent(t, t.final)}\nParabéns a quem segurou!",
        f"Operação em {t.asset} CANCELADA, abriu longe do preço. Desconsiderem.",
    )[turn % 7]


def _veloz_follow_up(t: Trade, turn: int) -> str:
    return (
        f"alvo 1 atingido {t.asset.lower()} {percent(t, t.first)} 🔥",
        f"{t.asset} no zero a zero, saindo",
        f"tomamos stop em {t.asset}, faz parte. {percent(t, t.stop)}",
        f"parcial em {t.asset} feita, resto com stop na entrada",
        f"quem não entrou em {t.asset} NÃO corre atrás",
        f"{t.asset} bateu segundo alvo {percent(t, t.second)} obrigado mercado 🙏",
        f"cancela {t.asset}, perdeu a região",
        f"{t.asset} quase no alvo, falta um tico ({comma(t.first)})",
    )[turn % 8]
