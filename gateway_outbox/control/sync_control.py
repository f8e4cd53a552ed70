"""`POST /sync`: the API asks for a comparison with Telegram, and is told what is known by then."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import anyio
from aiohttp import web

from contracts.secret import Secret
from contracts.wire import TOKEN_HEADER
from gateway_outbox.control.guard import Guard
from gateway_outbox.outbox.outbox import Outbox
from gateway_outbox.user.history_desk import HistoryDesk

WAIT_SECONDS = 1.5  # the caller's user waits for the answer
_FOLLOWED = ("new", "tracked")
_STATE = 7  # place in the rows of `tracked_channels`


class SyncControl:
    """The handler; the token is the one that API and gateway share."""

    def __init__(self, outbox: Outbox, desk: HistoryDesk, token: Secret) -> None:
        self._outbox = outbox
        self._desk = desk
        whose = "this gateway's API_SECRET_TOKEN; send the one that it shares with the API, once"
        self._guard = Guard(TOKEN_HEADER, token, whose)

    async def sync(self, request: web.Request) -> web.Response:
        """Compare every channel with Telegram; answers within 2 s, the comparison goes on."""
        return await self._guard.answer(request, dict[str, Any], self._sync)

    async def _sync(self, body: dict[str, Any]) -> Mapping[str, Any]:
        before = await self._count()
        compare_all = self._desk.compare_all
        if compare_all is None:
            return await self._answer(body, 0, "Sessão do Telegram não configurada.", success=False)
        if self._desk.reader is None:
            message = "Telegram não conectado; a sincronização ocorre assim que a conexão voltar."
            return await self._answer(body, 0, message, success=False)
        is_done = False
        with anyio.move_on_after(WAIT_SECONDS):
            await compare_all()
            is_done = True
        count = await self._count() - before
        message = f"Sincronização concluída: {count} mensagens novas."
        if not is_done:
            message = f"Sincronização em andamento: {count} mensagens novas até agora."
        return await self._answer(body, count, message, success=True)

    async def _answer(
        self, body: dict[str, Any], count: int, message: str, *, success: bool
    ) -> Mapping[str, Any]:
        rows = await self._outbox.read("tracked_channels")
        followed = [str(row[0]) for row in rows if row[_STATE] in _FOLLOWED]
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        return {
            "success": success,
            "message": message,
            "data": {
                "totalMessagesSynced": count,
                "totalMessagesSaved": count,
                "channelsSynced": followed if success else [],
                "filters": body,
                "timestamp": now.replace("+00:00", "Z"),
            },
        }

    async def _count(self) -> int:
        return int((await self._outbox.read("counted", ("appended",)))[0][0])
