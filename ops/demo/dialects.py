"""How traders write one and the same plan: every dialect that the parser has to read."""

from collections.abc import Callable

from ops.demo.trades import Trade, comma, plain

_ICONS = {"Swing Trade": "🟢", "Day Trade": "🔵", "Scalping": "⚡️"}
Dialect = Callable[[Trade], str]


def card(t: Trade) -> str:
    """The classic card, one label a line."""
    return (
        f"{_ICONS[t.kind]}{t.kind} \n \n"
        f"Ativo: {t.asset}\nCompra: {comma(t.low)} a {comma(t.high)}\n"
        f"Alvo 1: {comma(t.first)}\nAlvo 2: {comma(t.second)}\nAlvo final: {comma(t.final)}\n\n"
        f"Stop: {comma(t.stop)}"
    )


def card_until(t: Trade) -> str:
    """The card with an order's validity."""
    return card(t) + "\n\nA ordem ficará posicionada no Book até dia 27/11"


def card_no_stop(t: Trade) -> str:
    """The card whose stop was left empty."""
    return card(t).partition("\nStop")[0] + "\nStop: (vazio)"


def card_bold(t: Trade) -> str:
    """The short card with formatted labels."""
    return (
        f"**Ativo:** {t.asset}\n**Compra:** {comma(t.low)} até {comma(t.high)}\n"
        f"**Alvo 1:** {comma(t.first)}\n**Stop:** {comma(t.stop)}"
    )


def card_dash(t: Trade) -> str:
    """The short card with a typographic dash."""
    return (
        f"Ativo: {t.asset}\nCompra: {comma(t.low)} \N{EN DASH} {comma(t.high)}\n"
        f"Alvo 1: {comma(t.first)}\n"
        f"Alvo 2: {comma(t.second)}\nStop: {comma(t.stop)}"
    )


def card_backwards(t: Trade) -> str:
    """A range from high to low, and a third numbered target."""
    return (
        f"Ativo: {t.asset}\r\nCompra: {comma(t.high)} à {comma(t.low)}\r\n"
        f"Alvo 1: {comma(t.first)}\r\nAlvo 2: {comma(t.second)}\r\n"
        f"Alvo 3: {comma(t.final)}\r\nStop: {comma(t.stop)}"
    )


def robot(t: Trade) -> str:
    """What a relay robot makes of a card: no colons."""
    return (
        f"DATA 12/11/2026 11:20:04\nCANAL Mesa Fluxo\nTIPO {t.kind}\nATIVO {t.asset}\n"
        f"COMPRA {plain(t.low)}-{plain(t.high)}\nALVO 1 {plain(t.first)}\n"
        f"ALVO 2 {plain(t.second)}\nALVO FINAL {plain(t.final)}\nSTOP {plain(t.stop)}"
    )


def banner(t: Trade) -> str:
    """Capitals and an icon on each line."""
    return (
        f"🎯 SINAL DE COMPRA\n\n📊 ATIVO: {t.asset}\n💰 COMPRA: {plain(t.low)} - {plain(t.high)}\n"
        f"🎯 ALVO 1: {plain(t.first)}\n🎯 ALVO 2: {plain(t.second)}\n"
        f"🏁 ALVO FINAL: {plain(t.final)}\n🛑 STOP: {plain(t.stop)}"
    )


def capitals(t: Trade) -> str:
    """Capitals with decimal points."""
    return (
        f"ATIVO: {t.asset}\nCOMPRA: {plain(t.low)} A {plain(t.high)}\nALVO 1: {plain(t.first)}\n"
        f"ALVO 2: {plain(t.second)}\nALVO FINAL: {plain(t.final)}\nSTOP: {plain(t.stop)}"
    )


def one_line(t: Trade) -> str:
    """Asset and entry, nothing more, in a hurry."""
    return f"aTiVo: {t.asset.lower()} CoMpRa: {comma(t.low)} stop: {comma(t.stop)}"


def paper(t: Trade) -> str:
    """Papel, entrada, TP, SL."""
    return (
        f"{t.kind} {_ICONS[t.kind]}\n\nPapel: {t.asset}\n"
        f"Entrada: {comma(t.low)} a {comma(t.high)}\nTP1: {comma(t.first)}\n"
        f"TP2: {comma(t.second)}\nSL: {comma(t.stop)}"
    )


def reais(t: Trade) -> str:
    """Prices with their currency."""
    return (
        f"🟢 COMPRA {t.asset}\nEntrada: R$ {comma(t.low)}\nStop Loss: R$ {comma(t.stop)}\n"
        f"Alvo 1: R$ {comma(t.first)}\nAlvo 2: R$ {comma(t.second)}"
    )


def reais_line(t: Trade) -> str:
    """The same on one line, with decimal points."""
    prices = f"R$ {plain(t.low)} - Stop: R$ {plain(t.stop)} - Alvo: R$ {plain(t.first)}"
    return f"COMPRA: {t.asset} @ {prices}"


def at(t: Trade) -> str:
    """A futures order on one line."""
    return (
        f"COMPRA {t.asset} @ {comma(t.low)} SL {comma(t.stop)}"
        f" Alvos: {comma(t.first)}, {comma(t.second)}, {comma(t.final)}"
    )


def between(t: Trade) -> str:
    """Asset first, then a range."""
    return (
        f"{t.asset} COMPRA entre {plain(t.low)}-{plain(t.high)}"
        f" alvos {plain(t.first)}, {plain(t.second)}, {plain(t.final)} stop {plain(t.stop)}"
    )


def sentence(t: Trade) -> str:
    """A whole sentence."""
    return (
        f"Compra em {t.asset} entre {comma(t.low)} e {comma(t.high)}"
        f" com alvos em {comma(t.first)} / {comma(t.second)} / {comma(t.final)}"
    )


def english(t: Trade) -> str:
    """English words, slashes."""
    return (
        f"BUY {t.asset} {plain(t.low)}-{plain(t.high)} /"
        f" T1 {plain(t.first)} T2 {plain(t.second)} TF {plain(t.final)} / S {plain(t.stop)}"
    )


def gain(t: Trade) -> str:
    """Without an entry: at the market, on a chart of fifteen minutes."""
    return f"BUY {t.asset} STOP: {plain(t.stop)} GAIN: {plain(t.first)} TF: 15min"


def colon(t: Trade) -> str:
    """Asset, colon, numbers."""
    return f"{t.asset}: {comma(t.low)}-{comma(t.high)}, Alvo {comma(t.first)}, Stop {comma(t.stop)}"


def sell(t: Trade) -> str:
    """A sale with an at sign."""
    exits = f"Stop: R$ {comma(t.stop)}\nAlvo: R$ {comma(t.first)}"
    return f"🔴 VENDA {t.asset} @ R$ {comma(t.low)}\n{exits}"


def sell_english(t: Trade) -> str:
    """A sale of a future, in English."""
    return f"SELL {t.asset} @ {plain(t.low)} SL: {plain(t.stop)} TP: {plain(t.first)}"


CARDS: tuple[Dialect, ...] = (
    card, card_until, card_bold, banner, card_dash, card_no_stop, robot, card_backwards, capitals,
)  # fmt: skip
LINES: tuple[Dialect, ...] = (
    between, at, paper, sentence, english, reais, colon, reais_line, gain, one_line,
)  # fmt: skip
SALES: tuple[Dialect, ...] = (sell, sell_english)
