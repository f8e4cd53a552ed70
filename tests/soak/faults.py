"""What can happen to a site: each fault by name, what it touches, and whether it was really met."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import NamedTuple

from tests.soak.database_faults import killed_database, stopped_database
from tests.soak.host_faults import clock_step, full_disk, wrong_token
from tests.soak.link_faults import cut, delayed, garbled
from tests.soak.process_faults import killed, restarted
from tests.soak.site import Site
from tests.soak.telegram_faults import bot_answers, burst, rpc_answers, too_long
from tests.telegram.bot_api_server import Fault as BotFault

Act = Callable[[Site, float], Awaitable[int]]


class Fault(NamedTuple):
    """`act` does it for so many seconds, ends it, and returns how often it was really met.

    Two faults that touch the same part never happen at once.
    """

    name: str
    touches: frozenset[str]
    act: Act


def _fault(name: str, touches: str, act: Act) -> Fault:
    return Fault(name, frozenset(touches.split()), act)


_LINKS = {"telegram": "telegram", "bot": "bot", "api": "api", "database": "database"}

FAULTS = (
    _fault("gateway killed", "gateway", partial(killed, name="gateway")),
    _fault("gateway restarted", "gateway", partial(restarted, name="gateway")),
    _fault("api killed", "api", partial(killed, name="api")),
    _fault("api restarted", "api", partial(restarted, name="api")),
    _fault("database killed", "database", killed_database),
    _fault("database stopped", "database", stopped_database),
    *(_fault(f"{link} cut", touches, partial(cut, link=link)) for link, touches in _LINKS.items()),
    *(
        _fault(f"{link} delayed", touches, partial(delayed, link=link))
        for link, touches in _LINKS.items()
    ),
    *(
        _fault(f"{link} garbled", touches, partial(garbled, link=link))
        for link, touches in _LINKS.items()
    ),
    _fault("disk full", "gateway", full_disk),
    _fault("wrong token", "api gateway database", wrong_token),
    _fault("clock step", "gateway telegram", clock_step),
    _fault("burst of messages", "burst", burst),
    _fault("too long", "telegram gateway burst", too_long),
    _fault(
        "FLOOD_WAIT",
        "telegram gateway",
        partial(rpc_answers, code=420, text="FLOOD_WAIT_1"),
    ),
    _fault(
        "Telegram 500",
        "telegram gateway",
        partial(rpc_answers, code=500, text="HISTORY_GET_FAILED"),
    ),
    _fault("bot 409", "bot gateway", partial(bot_answers, faults=(BotFault.CONFLICT,))),
    _fault("bot 429", "bot gateway", partial(bot_answers, faults=(BotFault.FLOOD,))),
    _fault(
        "bot 5xx",
        "bot gateway",
        partial(bot_answers, faults=(BotFault.BAD_GATEWAY, BotFault.NO_DESCRIPTION)),
    ),
    _fault("bot answer lost", "bot gateway", partial(bot_answers, faults=(BotFault.LOSE_ANSWER,))),
)
WITHHELD = "push withheld"


def unavailable(site: Site) -> dict[str, str]:
    """Faults that this machine or this run cannot have, and why."""
    found = {}
    if site.postgres is None:
        found = dict.fromkeys(("database killed", "database stopped"), "the server is not ours")
    if site.clock.library is None:
        found["clock step"] = "libfaketime is not installed"
    if not site.disk.is_real:
        found["disk full"] = "no right to mount a small file system"
    return found
