"""The gateway's own errors. Each message says what happened, to what, and what to do."""


class GatewayError(Exception):
    """Something the gateway cannot go on from by itself."""


class AlreadyRunningError(GatewayError):
    """Another process holds the outbox."""

    def __init__(self, path: str, pid: int | None) -> None:
        holder = f"pid {pid}" if pid else "pid unknown"
        super().__init__(
            f"already running, {holder}: outbox {path} is held by it."
            " One gateway owns an outbox; stop that one first."
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


class ExportError(GatewayError):
    """A file to import is broken or is none: file name, byte offset, and what to do."""
