"""What an error of the user session means: try again, or only a person can help."""

from telethon import errors

from contracts.errors import leaves
from gateway_outbox.errors import AccountBannedError, LoginRequiredError, SourceLostError

_MISSING, _CROWDED = 404, 429
# Telethon's session file is SQLite's, whose errors come through; no other module here knows it.
_SESSION_FILE = "sqlite3"

_BANNED = (errors.UserDeactivatedError, errors.UserDeactivatedBanError)
_FROZEN = (errors.FrozenMethodInvalidError, errors.FrozenParticipantMissingError)
_LOGGED_OUT = (errors.UnauthorizedError, errors.AuthKeyDuplicatedError)

DUPLICATED = (
    "Telegram made this session worthless: its key was used from two places at once. The file was"
    " left as it is. Find the other copy and never run it again, then type: tpcapital login"
)


class ConnectionLostError(Exception):
    """The connection is gone, and can be tried again.

    `is_key_unknown`: Telegram said that it does not know our key, which may pass; `is_crowded`:
    that too much came from our address, so that the next try must wait for minutes.
    """

    def __init__(
        self, reason: str, *, is_key_unknown: bool = False, is_crowded: bool = False
    ) -> None:
        super().__init__(reason)
        self.is_key_unknown = is_key_unknown
        self.is_crowded = is_crowded


def judged(error: BaseException) -> ConnectionLostError | SourceLostError | None:
    """What to do about an error or a group of them; None for one that is no matter of Telegram's.

    In a group the one that only a person can help with comes first, then the one that is none of
    Telegram's.
    """
    found = [_judged(each) for each in leaves(error)]
    lost = next((each for each in found if isinstance(each, SourceLostError)), None)
    return lost or (None if None in found else found[0])


def _judged(error: BaseException) -> ConnectionLostError | SourceLostError | None:
    if isinstance(error, ConnectionLostError | SourceLostError):
        return error
    if isinstance(error, errors.RPCError):
        return _refusal(error)
    return _broken(error)


def _broken(error: BaseException) -> ConnectionLostError | None:
    if isinstance(error, errors.AuthKeyNotFound) or _code(error) == _MISSING:
        return ConnectionLostError("Telegram does not know this key (-404)", is_key_unknown=True)
    if _code(error) == _CROWDED:
        reason = "Telegram asks this address to stay away for a while (-429)"
        return ConnectionLostError(reason, is_crowded=True)
    if isinstance(error, errors.TypeNotFoundError):
        return ConnectionLostError(f"Telegram sent {words_of(error)}")
    if type(error).__module__ == _SESSION_FILE:
        return ConnectionLostError(f"the session's file: {error}")
    if isinstance(error, OSError | EOFError | BufferError | errors.SecurityError):
        return ConnectionLostError(words_of(error))
    return None


def _refusal(error: errors.RPCError) -> ConnectionLostError | SourceLostError:
    if isinstance(error, _BANNED):
        return AccountBannedError(
            f"Telegram closed this account ({name_of(error)}). The session's file was left as it"
            " is. Write to recover@telegram.org, or log in with another account: tpcapital login"
        )
    if isinstance(error, _FROZEN):
        return AccountBannedError(
            f"Telegram froze this account ({name_of(error)}). The session's file was left as it is."
            " Open Telegram on the phone: it says why, and how to appeal"
        )
    if isinstance(error, errors.AuthKeyDuplicatedError):
        return LoginRequiredError(f"{DUPLICATED} (AUTH_KEY_DUPLICATED)")
    if isinstance(error, _LOGGED_OUT):
        return LoginRequiredError(
            f"Telegram does not accept this session any more ({name_of(error)}). The file was left"
            " as it is. Type: tpcapital login"
        )
    return ConnectionLostError(f"Telegram refused: {name_of(error)}")


def is_fatal(error: errors.RPCError) -> bool:
    """Whether the refusal is about the account and not about what was asked for."""
    return isinstance(error, (*_BANNED, *_FROZEN, *_LOGGED_OUT))


def name_of(error: errors.RPCError) -> str:
    """The error as Telegram names it, or as Telethon does."""
    kind = type(error).__name__.removesuffix("Error")
    plain = kind in ("RPC", "Server", "BadRequest", "Flood", "Forbidden", "Unauthorized", "AuthKey")
    return str(error.message)[:100] if plain else kind


def words_of(error: BaseException) -> str:
    """In few words; of an answer that cannot be read none of the bytes, of which there are many."""
    if isinstance(error, errors.RPCError):
        return name_of(error)
    if isinstance(error, errors.TypeNotFoundError):
        number = error.invalid_constructor_id
        return f"what this version of Telethon cannot read, {number:08x}"
    return str(error) or type(error).__name__


def _code(error: BaseException) -> int | None:
    return error.code if isinstance(error, errors.InvalidBufferError) else None
