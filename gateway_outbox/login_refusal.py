"""What Telegram's refusals mean to a person, by the name of the library's error."""

from datetime import datetime, timedelta

from contracts.plain_words import cause

# What it means, and what to do; docs/reference/login-errors.md shows the same.
SENTENCES = {
    "PhoneNumberInvalidError": (
        "Telegram does not take the phone number.",
        "Write it whole, with + and the country's code, as +5511987654321",
    ),
    "PhoneNumberUnoccupiedError": (
        "No Telegram account has this number.",
        "Make one in Telegram's own app first",
    ),
    "PhoneNumberBannedError": (
        "Telegram has banned this number.",
        "Only Telegram can lift that: write to recover@telegram.org",
    ),
    "PhoneNumberFloodError": (
        "Telegram has sent too many codes to this number.",
        "Wait a day, or log in with --qr",
    ),
    "PhonePasswordFloodError": (
        "Telegram counted too many logins.",
        "Wait a day before the next one",
    ),
    "PhoneCodeInvalidError": (
        "The code is wrong.",
        "The one that was sent stays good: type `tpcapital login` again and give it",
    ),
    "PhoneCodeEmptyError": ("The code is empty.", "Give the digits that Telegram has sent"),
    "PhoneCodeExpiredError": (
        "The code has expired.",
        "Type `tpcapital login` again: a new one is sent",
    ),
    "PhoneCodeHashEmptyError": (
        "Telegram does not know the login that had begun.",
        "Type `tpcapital login` again: it starts anew",
    ),
    "PasswordHashInvalidError": (
        "The two-step password is wrong.",
        "Type `tpcapital login` again and give it; a forgotten one can be reset in Telegram's app",
    ),
    "ApiIdInvalidError": (
        "TELEGRAM_API_ID and TELEGRAM_API_HASH do not belong together.",
        "https://my.telegram.org shows both",
    ),
    "ApiIdPublishedFloodError": (
        "This api_id is public and Telegram has closed it for logins.",
        "Get your own at https://my.telegram.org",
    ),
    "UpdateAppToLoginError": (
        "Telegram wants a newer program for this login.",
        "Install the newest tpcapital",
    ),
    "AuthRestartError": (
        "Telegram wants this login to start again.",
        "Type `tpcapital login --new-code`",
    ),
    "AuthTokenExpiredError": ("The QR code was scanned too late.", "Scan a fresh one"),
    "AuthKeyDuplicatedError": (
        "The key was used from two places, and Telegram has ended it for good.",
        "Log in anew, and never run one session on two hosts",
    ),
    "AuthKeyUnregisteredError": (
        "Telegram does not know this session any more.",
        "Log in anew: tpcapital login",
    ),
    "SessionRevokedError": (
        "The session was ended in another app (Settings, Devices).",
        "Log in anew: tpcapital login",
    ),
    "SessionExpiredError": ("The session has expired.", "Log in anew: tpcapital login"),
    "UserDeactivatedError": (
        "The account was deleted.",
        "A deleted account does not come back; log in with another",
    ),
    "UserDeactivatedBanError": (
        "Telegram has banned the account.",
        "Only Telegram can lift that: write to recover@telegram.org",
    ),
    "FrozenMethodInvalidError": (
        "Telegram has frozen the account.",
        "Telegram's app shows why, and how to appeal",
    ),
    "AuthKeyNotFound": (
        "The server does not know the session's key.",
        "If it goes on after some minutes, the key is lost: log in anew",
    ),
}


def sentence(error: BaseException) -> str:
    """What happened and what to do, for any error that a login or logout ends with."""
    name = type(error).__name__
    if name in SENTENCES:
        return f"{' '.join(SENTENCES[name])} ({word(name)})."
    seconds = getattr(error, "seconds", None)
    if isinstance(seconds, int):
        due = datetime.now().astimezone() + timedelta(seconds=seconds)
        return (
            f"Telegram asks to wait {seconds} s, until {due:%Y-%m-%d %H:%M:%S}. Do not try before:"
            f" each try makes the wait longer ({word(name)})."
        )
    if isinstance(error, OSError | TimeoutError | EOFError):
        return f"the server cannot be reached: {cause(error)}. Check the network and TELEGRAM_DC."
    return f"Telegram refused: {error} ({name}). Nothing was changed; try again later."


def word(name: str) -> str:
    """Telegram's own word for an error of the library, as PHONE_CODE_INVALID."""
    parts = "".join(f"_{char}" if char.isupper() else char for char in name)
    return parts.removesuffix("_Error").strip("_").upper()
