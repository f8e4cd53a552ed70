"""The words that the parser knows, folded (lower case, no accents), by what they do.

The labels table of docs/reference/parser.md shows `LABELS`; a test keeps them alike.
"""

from typing import Final


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# What opens a price, an asset or a day. A label before ":" or a price; `alvo1` and `tp 2` carry
# a number. The kinds are the keys of the reader's action table.
LABELS: Final[dict[str, tuple[str, ...]]] = {
    "asset": ("ativo", "ativos", "papel", "acao", "ticker", "codigo", "contrato", "asset"),
    "buy": ("compra", "comprar", "compre", "buy", "long"),
    "sell": ("venda", "vender", "sell", "short"),
    "entry": ("entrada", "entrar", "entry"),
    "target": ("alvo", "tp", "t", "tgt", "target", "gain", "take", "objetivo", "obj"),
    "targets": ("alvos", "tps", "targets", "gains", "objetivos"),
    "final": ("tf", "tpf"),
    "stop": ("stop", "sl", "loss", "stoploss"),
    # Too short to be a label in prose: only before ":" or a price.
    "terse_stop": ("s", "st", "stp"),
}

# "alvo final", "final target"; alone only before ":".
FINAL_WORD: Final = "final"

# A label for the entry before ":", else a filler: "preço: 36,10", "faixa de compra: 36,10".
PRICE_WORDS: Final = frozenset(("preco", "faixa"))
# "Compra mín: 18,40", "compra máx: 18,60": the ends of one entry, each on its own line.
EXTREMES: Final = frozenset(("min", "max", "minimo", "maximo"))
# A target's number in words: "alvo II".
NUMERALS: Final[dict[str, int]] = {"i": 1, "ii": 2, "iii": 3, "um": 1, "dois": 2, "tres": 3}

# May stand between a label and its price.
FILLERS: Final = _words(
    "em na no nos nas de da do dos das o os ao aos entre faixa regiao zona r rs brl preco "
    "valor mercado acima abaixo partir por com sa se romper rompendo rompimento perder "
    "perdendo perda superar aprox aproximadamente cerca profit ponto curto medio longo "
    "prazo inicial minima maxima fechamento tecnico gatilho ordem limite limitada at in of "
    "around zone range between above below price trade trading swing scalping scalp "
    "daytrade swingtrade day"
)
# Between two prices: a range's ends, or a list's items.
LINKS: Final = frozenset(("a", "ate", "e", "ou", "to", "and", "-", "/"))
LIST_MARKS: Final = frozenset((",", ";", "|"))
# A label's value that says on purpose that there is none.
EMPTY: Final = _words(
    "vazio sem nao n nd na aberto aberta definir livre nenhum nenhuma x none open market"
)
# After a number: it counts something, it is no price.
UNITS: Final = _words(
    "mil milhao milhoes bi bilhao bilhoes acao acoes papeis contrato contratos lote lotes "
    "ponto pontos pts pt ticks minuto minutos min hora horas dia dias semanas meses mes "
    "anos vezes cotas unidades opcoes pregoes periodos candles motivos pessoas vagas alunos"
)
DAY_WORDS: Final = _words("ate validade valido valida valid until vale prazo")

# The message reports on a signal given before.
FOLLOW_UPS: Final = _words(
    "atingido atingida atingidos atingidas atingiu atingimos batido batida batidos bateu "
    "batemos acionado acionada acionados acionou stopado stopada stopou stopamos estopado "
    "estopada cancelado cancelada cancelados canceladas cancelamos desconsiderem "
    "desconsidere desconsiderar desconsiderado encerrado encerrada encerramos encerrou "
    "movido movida movemos zerado zerada zeramos zerou realizada realizado realizamos "
    "finalizado finalizada executado executada invalidado invalidada hit reached closed "
    "cancelled canceled"
)
# ... unless the same sentence makes it a condition, or speaks of another day.
CONDITIONS: Final = _words(
    "se caso apos quando for ser sera seja serao nao automaticamente ontem anterior "
    "anteriores semana passada passado ultima ultimo ultimos if when after yesterday until"
)
# A bare entry beside one of these is talk about a position, not a new signal.
REPORT_WORDS: Final = _words(
    "quem segue seguimos continua mantida mantido mantemos aberta parcial lucro prejuizo "
    "resultado resultados comprei comprado vendi vendido semana ontem "
    "suba subam subir sobe subimos subindo mova movam mover movendo ajuste ajustem ajustar "
    "ajustamos proteja protejam proteger trailing"
)

SIGNAL_TYPES: Final[dict[str, str]] = {
    "swing": "Swing Trade",
    "swingtrade": "Swing Trade",
    "daytrade": "Day Trade",
    "scalping": "Scalping",
    "scalp": "Scalping",
    "position": "Position",
}
DEFAULT_TYPE: Final = "Swing Trade"

_NUMBERED: Final = ("target", "final", "entry", "buy", "sell", "stop")
_HIGHEST_NUMBER: Final = 9
PUNCTUATION: Final = {
    "\n": "newline",
    ":": "colon",
    "(": "open",
    ")": "close",
    ".": "end",
    "!": "end",
    "?": "end",
}


def _actions() -> dict[str, str]:
    actions = dict.fromkeys(FOLLOW_UPS, "follow_up") | dict.fromkeys(EMPTY, "empty")
    actions |= dict.fromkeys(FILLERS, "filler") | dict.fromkeys(SIGNAL_TYPES, "type")
    actions |= dict.fromkeys(LINKS, "link") | dict.fromkeys(LIST_MARKS, "list") | PUNCTUATION
    actions |= dict.fromkeys(PRICE_WORDS, "price_word") | dict.fromkeys(NUMERALS, "numeral")
    actions |= dict.fromkeys(EXTREMES, "extreme")
    actions |= {"day": "type", FINAL_WORD: "final_word"}
    actions |= {f"{number}{mark}": "nth" for number in range(1, 10) for mark in "oa"}
    for kind, words in LABELS.items():
        actions |= dict.fromkeys(words, kind)
    return actions


def _numbers() -> dict[str, tuple[str, int]]:
    return {
        f"{word}{number}": (kind, number)
        for kind in _NUMBERED
        for word in LABELS[kind]
        for number in range(1, _HIGHEST_NUMBER + 1)
    }


# What each token does, and the kind and number of labels like `alvo1`.
ACTIONS: Final = _actions()
NUMBERED_LABELS: Final = _numbers()
PRICE_LABELS: Final = frozenset(
    word for kind, words in LABELS.items() if kind != "asset" for word in words
) | frozenset(NUMBERED_LABELS)
