"""One request of one client."""

from typing import Any, NamedTuple

from tests.telegram.refusal import RefusedError
from tests.telegram.world import Account, Login, Push, Telegram


class Call(NamedTuple):
    """A request as Telethon's class, without wrappers; whose it is; the client's session id."""

    telegram: Telegram
    login: Login
    request: Any
    session: int

    @property
    def account(self) -> Account:
        """Who asks. Raises RefusedError before the login."""
        if self.login.account is None:
            raise RefusedError(401, "AUTH_KEY_UNREGISTERED")
        return self.login.account

    def tell_others(self, update: Any) -> None:
        """Push to all other connections: this one has it as its answer."""
        self.telegram.push(Push(update, skip=self.session))
