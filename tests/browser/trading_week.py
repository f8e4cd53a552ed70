"""A week of three channels as the page shows it: the same each time, but for when it ends."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

CHANNELS = {
    -1001649127710: "TP Capital Opções",
    -1001412188586: "Swing Trade Brasil",
    -1001744113331: "Day Trade B3",
}
_B3 = ZoneInfo("America/Sao_Paulo")
_CHATTER = (
    "Bom dia! Ibovespa futuro abre em alta de 0,4%, dólar recua.",
    "PETR4 bateu o primeiro alvo, +18% no bolso.",
    "Lembrando: quem entrou cedo pode realizar metade.",
    "Payroll às 10h30, atenção à volatilidade.",
    "Live hoje às 19h para revisar as operações da semana.",
)
_ASSETS = {
    "PETRW385": 0.84,
    "VALEX640": 1.12,
    "BOVAL128": 1.44,
    "BBASX236": 0.47,
    "ITUBW372": 0.93,
    "CSANX195": 0.61,
    "WEGE3": 41.2,
    "PRIO3": 38.9,
    "ABEVX144": 0.29,
    "MGLUW9": 0.38,
}
UNREAD = (
    "Swing Trade\n\nAtivo: COGNX31\nCompra: 0,41 a 0,43\nAlvo 1: 0,6x\nStop: 0,27",
    "Nova entrada\nAtivo: RAIZW14\nCompra: 0,12 a 0,14\nAlvo 1: vinte centavos\nStop: 0,08",
)


def price(number: float) -> str:
    """As a Brazilian writes it."""
    return f"{number:.2f}".replace(".", ",")


def signal(asset: str, entry: float, *, kind: str = "Swing Trade", stop: float = 0.62) -> str:
    """A signal's text around an entry price."""
    wide = 1.04 if entry < 5 else 1.01
    steps = (1.22, 1.65, 2.4) if entry < 5 else (1.04, 1.08, 1.15)
    stop = stop if entry < 5 else 0.96
    targets = [price(entry * step) for step in steps]
    return (
        f"{kind}\n\nAtivo: {asset}\nCompra: {price(entry)} a {price(entry * wide)}\n"
        f"Alvo 1: {targets[0]}\nAlvo 2: {targets[1]}\nAlvo final: {targets[2]}\n\n"
        f"Stop: {price(entry * stop)}"
    )


def messages(now: datetime) -> list[dict[str, Any]]:
    """Bodies of POST /ingest/batch, oldest first; the last signal two minutes before `now`."""
    chance = random.Random(11)
    found = []
    for at in _times(now, chance):
        channel = chance.choices([*CHANNELS], [5, 3, 2])[0]
        text = chance.choice(_CHATTER)
        if chance.random() < 0.3:
            asset = chance.choice([*_ASSETS])
            kind = "Day Trade" if channel == -1001744113331 else "Swing Trade"
            text = signal(asset, _ASSETS[asset] * chance.uniform(0.8, 1.25), kind=kind)
        found.append((at, channel, text))
    newest = now - timedelta(minutes=2)
    found += [
        (now - timedelta(hours=3), -1001412188586, UNREAD[0]),
        (now - timedelta(hours=26), -1001649127710, UNREAD[1]),
        (now - timedelta(minutes=24), -1001412188586, "Venda coberta\nAtivo: VALEX640\n" + SELL),
        (newest, -1001649127710, signal("PETRW385", 0.84)),
    ]
    found.sort(key=lambda each: each[0])
    return [_body(number, *each) for number, each in enumerate(found, 1)]


SELL = "Venda: 1,30 a 1,34\nAlvo 1: 1,05\nAlvo 2: 0,80\nStop: 1,62"


def edit(body: dict[str, Any]) -> dict[str, Any]:
    """The same message a minute later: a tighter stop and a word of warning."""
    text = body["text"].replace("Stop: 0,52", "Stop: 0,58") + "\n\nAtenção: stop ajustado"
    edited_at = datetime.fromisoformat(body["timestamp"]) + timedelta(minutes=1)
    return body | {"text": text, "editedAt": edited_at.isoformat()}


def report(now: datetime, **fields: Any) -> dict[str, Any]:
    """What a healthy gateway says of itself."""
    channels = [
        {"channelId": channel, "title": title, "lastMessageAt": now.isoformat()}
        for channel, title in CHANNELS.items()
    ]
    healthy: dict[str, Any] = {
        "version": "0.1.0",
        "sources": [{"source": "user", "condition": "connected"}],
        "outbox": {"pending": 0, "deadLetters": 0},
        "channels": channels,
    }
    return healthy | fields


def _times(now: datetime, chance: random.Random) -> Iterator[datetime]:
    """Busy in the hours of the exchange, quiet at night."""
    hour = (now - timedelta(days=7)).replace(minute=0, second=0, microsecond=0)
    while hour < now - timedelta(hours=1):
        local = hour.astimezone(_B3)
        busy = 9 <= local.hour <= 17
        for _ in range(chance.randint(5, 22) if busy else chance.randint(0, 2)):
            yield hour + timedelta(seconds=chance.randrange(3600))
        hour += timedelta(hours=1)
    for minutes in (48, 41, 33, 19, 12, 9, 6):
        yield now - timedelta(minutes=minutes)


def _body(number: int, at: datetime, channel: int, text: str) -> dict[str, Any]:
    return {
        "channelId": channel,
        "messageId": number,
        "text": text,
        "timestamp": at.astimezone(UTC).isoformat(),
        "source": "import",
    }
