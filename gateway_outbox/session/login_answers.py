"""What a login asks a person, or files in that person's place."""

from datetime import datetime
from typing import Literal, Protocol

from contracts.secret import Secret


class Answers(Protocol):
    """The other side of a login. Each question raises LoginError when nobody can answer it."""

    def asks_again(self, what: Literal["code", "password"]) -> bool:
        """Whether a wrong one may be corrected; a file gives the same one again."""

    def say(self, sentence: str) -> None:
        """Tell how it goes."""

    def must_have_code(self) -> None:
        """Raise LoginError when a code could not be given: before one is sent in vain."""

    def must_have_phone(self) -> None:
        """Raise LoginError when nobody could give the number."""

    async def phone(self) -> Secret:
        """The account's number, with + and the country's code."""

    async def code(self, sent_at: float) -> Secret:
        """The code that was sent at that time (seconds since 1970)."""

    async def password(self, hint: str | None) -> Secret:
        """The two-step password, with the hint that its owner has left."""

    def show_qr(self, url: Secret, until: datetime) -> None:
        """Show a code to scan; a call takes the place of the one before."""
