"""The gateway's own errors. Each message says what happened, to what, and what to do."""

from contracts.exit_status import ExitStatus


class GatewayError(Exception):
    """Something the gateway cannot go on from by itself."""


class AlreadyRunningError(GatewayError):
    """Another process holds the outbox, or (`what`) the session."""

    def __init__(self, path: str, pid: int | None, what: str = "outbox") -> None:
        holder = f"pid {pid}" if pid else "pid unknown"
        super().__init__(
            f"already running, {holder}: {what} {path} is held by it."
            f" One process owns {'an' if what == 'outbox' else 'a'} {what}; stop that one first."
        )
        self.pid = pid


class OutboxNewerError(GatewayError):
    """The outbox was written by a newer program."""

    def __init__(self, path: str, found: int, known: int) -> None:
        super().__init__(
            f"outbox {path} has schema {found}, this program knows {known}."
            " Install the newer program again; nothing was changed."
        )


class OutboxFailedError(GatewayError):
    """The outbox file can no longer be written safely."""

    def __init__(self, path: str, cause: str) -> None:
        super().__init__(
            f"outbox {path} failed: {cause}. Nothing unwritten was acknowledged;"
            " check the disk, then start again: Telegram sends what is missing."
        )


class PortBusyError(GatewayError):
    """The health port is taken."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(
            f"port {port} on {host} is in use by another program."
            f" Stop it (`ss -ltnp 'sport = :{port}'` names it) or set GATEWAY_PORT."
        )


class OutboxUnusableError(GatewayError):
    """The outbox cannot be opened at this path."""

    def __init__(self, path: str, cause: str) -> None:
        super().__init__(f"outbox {path} cannot be opened: {cause}")


class ServerKeyError(GatewayError):
    """The key of another MTProto server cannot be used."""

    def __init__(self, path: str, cause: str) -> None:
        super().__init__(f"TELEGRAM_DC_PUBLIC_KEY {path}: {cause}")


class LoginError(GatewayError):
    """A login or logout that did not come to its end: why, and what to do."""


class SourceLostError(GatewayError):
    """A live source cannot go on without a person; the message says what to type."""

    status = ExitStatus.LOGIN_REQUIRED


class LoginRequiredError(SourceLostError):
    """There is no session, or Telegram does not accept it any more."""


class SessionUnusableError(LoginRequiredError):
    """The session's file cannot be used as it is; the file stays."""

    def __init__(self, path: str, cause: str) -> None:
        super().__init__(f"session {path} cannot be used: {cause}")


class SessionDamagedError(SessionUnusableError):
    """The session's file is broken: SQLite cannot read it."""


class AccountBannedError(SourceLostError):
    """Telegram closed or froze the account."""

    status = ExitStatus.ACCOUNT_BANNED


class ChannelsFileError(GatewayError):
    """The file of declared channels cannot be used: its name, the place, and what is wrong."""


class ReplayFileError(GatewayError):
    """The file to replay at the start cannot be opened."""

    def __init__(self, path: str, cause: str) -> None:
        super().__init__(
            f"REPLAY_FILE {path}: {cause}."
            " Name a Telegram export or a failure queue, or take the setting out"
        )


class ExportError(GatewayError):
    """A file to import is broken or is none: file name, byte offset, and what to do."""
