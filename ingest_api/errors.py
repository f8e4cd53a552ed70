"""The ingest API's own errors. Each message says what to do next."""


class IngestError(Exception):
    """Base of what goes wrong in this service."""


class DatabaseUnavailableError(IngestError):
    """The database cannot be asked now; the same request may succeed later."""


class OverloadedError(IngestError):
    """More requests wait than may; the same request may succeed later."""


class RejectedError(IngestError):
    """The database will never take this message as it is; the message says which rule it breaks."""


class MigrationError(IngestError):
    """The database's schema and this program do not fit together."""


class PortBusyError(IngestError):
    """The address is taken by another process."""
