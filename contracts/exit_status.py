"""Exit statuses of both services: supervisors and scripts branch on them."""

from enum import IntEnum


class ExitStatus(IntEnum):
    """Why a service ended."""

    OK = 0  # asked to stop, and stopped in order
    FORCED = 1  # asked twice, or its time was up
    PORT_BUSY = 69  # another program has the port
    TASK_DIED = 70  # a task failed; the log has the reason
    OUTBOX_IO = 74  # the outbox could not be written; nothing unwritten was acknowledged
    ALREADY_RUNNING = 75  # another gateway holds the outbox
    OUTBOX_NEWER = 76  # the outbox was written by a newer program
    LOGIN_REQUIRED = 77  # no valid Telegram session or bot token; only a person can give a new one
    CONFIG = 78  # the settings do not describe a service
    ACCOUNT_BANNED = 79  # Telegram closed or froze the account
