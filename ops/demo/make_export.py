"""Write `result.json`, the export that the demo replays: `python -m ops.demo.make_export`.

Always the same bytes. Telegram Desktop's form of a whole account: three chats, none of them real.
"""

import json
import random
import re
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from ops.demo.desk import Post, mesa, veloz

HERE = Path(__file__).parent
ZONE = ZoneInfo("America/Sao_Paulo")
DAYS = [datetime(2026, 11, day, tzinfo=ZONE) for day in (9, 10, 11, 12, 13, 16, 17, 18, 19)]
MESA, VELOZ, CAFE = 1480001001, 1480002002, 1480003003
_NAMES = {MESA: "Mesa Fluxo | Opções e Swing", VELOZ: "Trader Veloz ⚡️", CAFE: "Café com Bolsa"}
_KINDS = {MESA: "public_channel", VELOZ: "private_channel", CAFE: "public_supergroup"}
_MEMBERS = ("Marcos Teles", "Júlia Prado", "Beto Nogueira", "Dona Cida", "Rafa M.")
_MARKUP = re.compile(
    r"\*\*(?P<bold>.+?)\*\*|__(?P<italic>.+?)__|(?P<link>https://\S+)"
    r"|(?P<mention>@\w+)|(?P<hashtag>#\w+)"
)
_PHOTO = {"width": 1280, "height": 853}
_BARE: dict[str, dict[str, Any]] = {
    "sticker": {"file": "stickers/sticker.webp", "media_type": "sticker", "sticker_emoji": "🚀"},
    "voice": {
        "file": "voice_messages/audio_1@12-11-2026.ogg",
        "media_type": "voice_message",
        "mime_type": "audio/ogg",
        "duration_seconds": 41,
    },
    "poll": {"poll": {"question": "Ibov fecha a semana acima de 160 mil?", "closed": False}},
}
_FILM = {"file": "video_files/aula.mp4", "media_type": "video_file", "mime_type": "video/mp4"}
_PDF = {"file": "files/carteira-novembro.pdf", "mime_type": "application/pdf"}
_MEME = {"file": "video_files/meme.mp4", "media_type": "animation", "mime_type": "video/mp4"}

Item = dict[str, Any]


def main() -> None:
    """Write the file beside this one."""
    text = json.dumps(export(), ensure_ascii=False, indent=1)
    (HERE / "result.json").write_text(text + "\n", encoding="utf-8")


def export() -> Item:
    """The whole account as Telegram Desktop would write it."""
    chats = [
        _chat(MESA, _with_mesa_extras(_posted(MESA, mesa()))),
        _chat(VELOZ, _with_veloz_extras(_posted(VELOZ, veloz()))),
        _chat(CAFE, _with_cafe_extras(_told())),
    ]
    about = "Mensagens inventadas para a demonstração; nenhum canal, pessoa ou operação é real."
    return {"about": about, "chats": {"about": about, "list": chats}}


def _chat(chat: int, items: Iterable[Item]) -> Item:
    return {"name": _NAMES[chat], "type": _KINDS[chat], "id": chat, "messages": list(items)}


def _item(chat: int, at: datetime, text: str, **more: Any) -> Item:
    sender = {"from": _NAMES[chat], "from_id": f"channel{chat}"}
    plain, entities = _formatted(text)
    return {
        "id": 0,
        "type": "message",
        **_stamp("date", at),
        **sender,
        **more,
        "text": plain,
        "text_entities": entities,
    }


def _stamp(name: str, at: datetime) -> Item:
    local = at.strftime("%Y-%m-%dT%H:%M:%S")
    return {name: local, f"{name}_unixtime": str(int(at.timestamp()))}


def _formatted(text: str) -> tuple[str | list[str | Item], list[Item]]:
    """The export's two forms of a text: pieces, and pieces that all have a type."""
    entities, end = [], 0
    for found in _MARKUP.finditer(text):
        if found.start() > end:
            entities.append({"type": "plain", "text": text[end : found.start()]})
        entities.append({"type": str(found.lastgroup), "text": found[str(found.lastgroup)]})
        end = found.end()
    if text[end:]:
        entities.append({"type": "plain", "text": text[end:]})
    if all(entity["type"] == "plain" for entity in entities):
        return text, entities
    return [e["text"] if e["type"] == "plain" else e for e in entities], entities


def _numbered(items: Iterable[Item], first: int) -> list[Item]:
    """Ids in order of time, with the gaps that deleted messages leave."""
    dice, number, numbered = random.Random(first), first, []  # noqa: S311  # varies a text
    for item in sorted(items, key=lambda item: int(item["date_unixtime"])):
        number += dice.choice((1, 1, 1, 1, 2, 3))
        numbered.append({**item, "id": number})
    return numbered


def _posted(chat: int, posts: Iterator[Post]) -> list[Item]:
    """Posts spread over the hours of each session, every third signal as a chart's caption."""
    dice = random.Random(chat)  # noqa: S311  # varies a time of day
    at, items = DAYS[0], []
    for number, post in enumerate(posts):
        opening = DAYS[post.day] + timedelta(hours=9, minutes=dice.randrange(20, 50))
        at = max(at + timedelta(seconds=dice.randrange(900, 2500)), opening)
        more = _photo(chat, at) if post.trade and number % 3 == 0 else {}
        if number % 11 == 4:  # noqa: PLR2004  # some, with no pattern that shows
            more |= _stamp("edited", at + timedelta(seconds=dice.randrange(40, 400)))
        items.append(_item(chat, at, post.text, **more))
    return items


def _photo(chat: int, at: datetime) -> Item:
    return {"photo": f"chats/chat_{chat % 100}/photos/photo_{at:%d-%m-%Y_%H-%M-%S}.jpg", **_PHOTO}


def _albums() -> list[Item]:
    """Three times three charts, one after the other, the first with the words."""
    pages = []
    caption = "Estudo da semana: semanal, diário e 60 minutos. Foco nas regiões marcadas 👇"
    for day in (1, 4, 7):
        album = DAYS[day] + timedelta(hours=15, minutes=12)
        for page in range(3):
            at = album + timedelta(seconds=page // 2)
            shot = _photo(MESA, at + timedelta(seconds=page))
            pages.append(_item(MESA, at, "" if page else caption, **shot))
    return pages


def _with_mesa_extras(items: list[Item]) -> list[Item]:
    """Albums, charts without words, forwards, a pinned message, and one signal told twice."""
    items += _albums()
    for day in (0, 2, 3, 5, 8):
        at = DAYS[day] + timedelta(hours=11, minutes=3 * day + 2)
        items.append(_item(MESA, at, "", **_photo(MESA, at)))
    pdf = _item(MESA, DAYS[0] + timedelta(hours=18), "Carteira recomendada de novembro 📄", **_PDF)
    service = {
        "type": "service",
        "actor": _NAMES[MESA],
        "action": "pin_message",
        "message_id": 4012,
    }
    pinned = _item(MESA, DAYS[0] + timedelta(hours=18, minutes=1), "") | service
    forwards = [
        _item(MESA, DAYS[day] + timedelta(hours=16, minutes=20), text, forwarded_from=name)
        for day, name, text in _FORWARDS
    ]
    numbered = _numbered([*items, pdf, pinned, *forwards], 4000)
    return _with_second_telling(numbered, "Alvo final", "Alvo Final")


_FORWARDS = (
    (
        1,
        "Café com Bolsa",
        "Atenção: novo horário de negociação a partir de segunda, pregão até 18h.",
    ),
    (3, "Trader Veloz ⚡️", "COMPRA PETZ3 @ 4,12 SL 3,98 Alvos: 4,25, 4,38, 4,60"),
    (6, "Analista Convidado", "Ativo: SAPR11\nCompra: 33,10 a 33,45\nAlvo 1: 34,30\nStop: 32,20"),
    (7, "Mural B3", "Comunicado: não haverá pregão em 20/11 (feriado nacional)."),
)


def _with_veloz_extras(items: list[Item]) -> list[Item]:
    """Stickers, a voice note, a film, a group photo, and a signal told twice."""
    for day in (0, 3, 5, 8):
        at = DAYS[day] + timedelta(hours=12, minutes=7 + day)
        items.append(_item(VELOZ, at, "", **_BARE["sticker"]))
    items.append(_item(VELOZ, DAYS[3] + timedelta(hours=13), "", **_BARE["voice"]))
    film = "Replay do trade de hoje no índice, assistam até o final"
    items.append(_item(VELOZ, DAYS[6] + timedelta(hours=17, minutes=30), film, **_FILM))
    actions = ({"action": "create_channel", "title": _NAMES[VELOZ]}, {"action": "edit_group_photo"})
    for minute, action in enumerate(actions):
        at = DAYS[0] + timedelta(hours=8, minutes=minute)
        items.append(_item(VELOZ, at, "") | {"type": "service", "actor": "Veloz", **action})
    return _with_second_telling(_numbered(items, 880), "stop", "stop ")


def _with_second_telling(items: list[Item], old: str, new: str) -> list[Item]:
    """Two messages come again: one exactly, one with the text of a later edit."""
    signals = [item for item in items if isinstance(item["text"], str) and old in item["text"]]
    again, edited = signals[1], signals[2]
    text, entities = _formatted(edited["text"].replace(old, new) + "\n(corrigido)")
    later = _stamp("edited", datetime.fromtimestamp(int(edited["date_unixtime"]) + 95, ZONE))
    copies = [again, {**edited, **later, "text": text, "text_entities": entities}]
    for copy in copies:
        place = max(n for n, item in enumerate(items) if item["id"] == copy["id"])
        items.insert(place + 3, copy)
    return items


def _told() -> list[Item]:
    """The chat of `cafe_com_bolsa.txt`, its days and times as written there."""
    items, day = [], DAYS[0]
    for line in (HERE / "cafe_com_bolsa.txt").read_text(encoding="utf-8").splitlines():
        clock, _, text = line.partition(" ")
        if clock == "#":
            day = datetime.fromisoformat(text).replace(tzinfo=ZONE)
            continue
        hour, minute = map(int, clock.split(":"))
        items.append(_item(CAFE, day.replace(hour=hour, minute=minute), text))
    return items


def _with_cafe_extras(items: list[Item]) -> list[Item]:
    """Members' names, arrivals, a poll, a meme, and corrections."""
    for number, item in enumerate(items):
        member = _MEMBERS[number * 7 % len(_MEMBERS)]
        item.update({"from": member, "from_id": f"user{7_000_000 + _MEMBERS.index(member)}"})
        if number % 17 == 9:  # noqa: PLR2004  # some
            at = datetime.fromtimestamp(int(item["date_unixtime"]) + 61, ZONE)
            item.update(_stamp("edited", at))
    items.append(_item(CAFE, DAYS[2] + timedelta(hours=15, minutes=20), "", **_BARE["poll"]))
    items.append(
        _item(
            CAFE, DAYS[4] + timedelta(hours=9, minutes=20), "quando o stop pega na mínima", **_MEME
        )
    )
    for day in (1, 5, 7):
        arrival = {"type": "service", "actor": _MEMBERS[day % 5], "action": "invite_members"}
        items.append(_item(CAFE, DAYS[day] + timedelta(hours=12, minutes=44), "") | arrival)
    return _numbered(items, 21500)


if __name__ == "__main__":
    main()
