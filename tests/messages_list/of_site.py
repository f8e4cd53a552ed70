"""What is installed, backed up, restored and moved in."""

from tests.messages_list.row import Row

ROWS = [
    Row(
        "backup",
        2,
        "Error: TIMESCALEDB_HOST is not set; set it, or TIMESCALEDB_URL instead. "
        "TIMESCALEDB_DATABASE is not set; set it, or TIMESCALEDB_URL instead. "
        "TIMESCALEDB_USER is not set; set it, or TIMESCALEDB_URL instead.",
    ),
    Row("backup --to file", 2, "Error: Invalid value for '--to': Directory 'file' is a file."),
    Row("backup --no-database --to file/x", 1, "Error: file/x cannot be written: Not a directory"),
    Row("backup --keep 0", 2, "Error: Invalid value for '--keep': 0 is not in the range x>=1."),
    Row(
        "backup --no-database --age-recipient x",
        2,
        "Error: 'x' is no recipient: one is age1… or an OpenSSH public key; age-keygen -y "
        "prints that of an identity",
    ),
    Row(
        "backup --no-database --age-recipient AGE-SECRET-KEY-1X",
        2,
        "Error: a recipient is the public key age1…, not the secret one",
    ),
    Row(
        "backup --no-database --age-recipients-file missing",
        2,
        "Error: Invalid value for '--age-recipients-file': File 'missing' does not exist.",
    ),
    Row(
        "backup --no-database --age-recipients-file noise",
        2,
        "Error: noise is no text file of keys",
    ),
    Row(
        "backup --no-database --age-recipients-file keys",
        2,
        "Error: 'age1x' is no recipient: one is age1… or an OpenSSH public key; age-keygen -y"
        " prints that of an identity",
    ),
    Row(
        "backup --no-database --outbox noise",
        1,
        "Error: noise cannot be copied: file is not a database",
    ),
    Row(
        "backup --no-database --outbox missing/x --to file",
        2,
        "Error: Invalid value for '--to': Directory 'file' is a file.",
    ),
    Row(
        "backup --no-database --outbox missing/x",
        2,
        "Error: Invalid value for '--outbox': there is no file missing/x",
    ),
    Row(
        "SESSION_DIR=missing OUTBOX_PATH=missing CHANNELS_FILE=missing backup --no-database",
        1,
        "Error: there is nothing to back up: neither missing nor missing/gateway.session nor"
        " missing. Name what is elsewhere; see tpcapital backup --help",
    ),
    Row("restore", 2, "Error: name the backup to restore, one of those in backups"),
    Row(
        "restore missing3",
        2,
        "Error: Invalid value for '[BACKUP]': Path 'missing3' does not exist.",
    ),
    Row("restore --check", 1, "Error: there is no backup in backups; make one: tpcapital backup"),
    Row(
        "restore --check --from folder",
        1,
        "Error: there is no backup in folder; make one: tpcapital backup",
    ),
    Row(
        "restore --check --no-database file",
        1,
        "Error: file is no backup: manifest.json cannot be read (Not a directory)",
    ),
    Row(
        "restore --age-identity missing folder",
        2,
        "Error: Invalid value for '--age-identity': File 'missing' does not exist.",
    ),
    Row("install --root file", 2, "Error: Invalid value for '--root': Directory 'file' is a file."),
    Row("as-service", 2, "Error: Missing argument 'ARGUMENTS...'."),
    Row(
        "as-service --user status",
        1,
        "Error: {folder}/.config/tp-capital/gateway.env is not installed: tpcapital install",
    ),
    Row("migrate-from-monolith", 2, "Error: Missing option '--old-env'."),
    Row("migrate-from-monolith --old-env missing", 1, "Error: missing: No such file or directory"),
    Row(
        "migrate-from-monolith --old-env old.env --run --rollback",
        2,
        "Error: Give --run or --rollback, not both.",
    ),
    Row(
        "migrate-from-monolith --old-env old.env",
        2,
        "Error: TIMESCALEDB_HOST is not set; set it, or TIMESCALEDB_URL instead. "
        "TIMESCALEDB_DATABASE is not set; set it, or TIMESCALEDB_URL instead. "
        "TIMESCALEDB_USER is not set; set it, or TIMESCALEDB_URL instead.",
    ),
    Row(
        "migrate-from-monolith --old-env old.env --old-port 0",
        2,
        "Error: Invalid value for '--old-port': 0 is not in the range 1<=x<=65535.",
    ),
    Row(
        "backup --no-database --to folder --outbox noise",
        1,
        "Error: noise cannot be copied: file is not a database",
    ),
    Row(
        "restore --no-database folder",
        1,
        "Error: folder is no backup: manifest.json cannot be read (No such file or directory)",
    ),
    Row(
        "restore --check --no-database folder --json",
        1,
        "Error: folder is no backup: manifest.json cannot be read (No such file or directory)",
    ),
    Row("restore --no-database", 2, "Error: name the backup to restore, one of those in backups"),
    Row(
        "uninstall --root file", 2, "Error: Invalid value for '--root': Directory 'file' is a file."
    ),
    Row("migrate-from-monolith --old-env noise", 1, "Error: noise: it is no UTF-8 text"),
    Row(
        "migrate-from-monolith --old-env old.env --no-database --again nothing",
        2,
        "Error: Invalid value for '--again': 'nothing' is not one of 'backup', "
        "'configuration', 'tokens', 'session', 'retire', 'adopt', 'start', 'probe'.",
    ),
    Row(
        "as-service --user login",
        1,
        "Error: {folder}/.config/tp-capital/gateway.env is not installed: tpcapital install",
    ),
    Row(
        "backup --no-database --outbox unsound.sqlite3",
        1,
        "Error: outbox unsound.sqlite3 is not sound: row 3: the payload does not match its SHA-256",
    ),
    Row(
        "migrate-from-monolith --old-env old.env --no-database --state moved",
        1,
        "Error: moved/move.json is damaged (Input data was truncated); it says what a "
        "rollback has to undo, so look at it before you move it away",
    ),
    Row("install --yes --root machine", 1, "Error: systemd-sysusers is not on this machine"),
    Row(
        ("migrate-from-monolith --old-env old.env --no-database --state state --run --old-port 1"),
        1,
        "Error: nothing was changed: there is no user tp-capital. Type: tpcapital install "
        "--yes…gateway: TELEGRAM_API_HASH is not set, its other half is; "
        "https://my.telegram.org shows both",
    ),
]
