"""The database: none, a wrong one, one that does not answer."""

from tests.messages_list.row import Row

ROWS = [
    Row(
        "db status",
        2,
        "Error: TIMESCALEDB_HOST is not set; set it, or TIMESCALEDB_URL instead. "
        "TIMESCALEDB_DATABASE is not set; set it, or TIMESCALEDB_URL instead. "
        "TIMESCALEDB_USER is not set; set it, or TIMESCALEDB_URL instead.",
    ),
    Row(
        "db migrate",
        2,
        "Error: TIMESCALEDB_HOST is not set; set it, or TIMESCALEDB_URL instead. "
        "TIMESCALEDB_DATABASE is not set; set it, or TIMESCALEDB_URL instead. "
        "TIMESCALEDB_USER is not set; set it, or TIMESCALEDB_URL instead.",
    ),
    Row(
        "db verify",
        2,
        "Error: TIMESCALEDB_HOST is not set; set it, or TIMESCALEDB_URL instead. "
        "TIMESCALEDB_DATABASE is not set; set it, or TIMESCALEDB_URL instead. "
        "TIMESCALEDB_USER is not set; set it, or TIMESCALEDB_URL instead.",
    ),
    Row(
        "db plan",
        2,
        "Error: TIMESCALEDB_HOST is not set; set it, or TIMESCALEDB_URL instead. "
        "TIMESCALEDB_DATABASE is not set; set it, or TIMESCALEDB_URL instead. "
        "TIMESCALEDB_USER is not set; set it, or TIMESCALEDB_URL instead.",
    ),
    Row(
        "db roles",
        2,
        "Error: TIMESCALEDB_HOST is not set; set it, or TIMESCALEDB_URL instead. "
        "TIMESCALEDB_DATABASE is not set; set it, or TIMESCALEDB_URL instead. "
        "TIMESCALEDB_USER is not set; set it, or TIMESCALEDB_URL instead.",
    ),
    Row(
        "RETAIN_SIGNALS_DAYS=x db retain",
        2,
        "Error: RETAIN_SIGNALS_DAYS 'x' must be a whole number. It is: drop signals sent "
        "longer ago; unset: never.",
    ),
    Row(
        "RETAIN_SIGNALS_DAYS=3 db retain",
        2,
        "Error: TIMESCALEDB_HOST is not set; set it, or TIMESCALEDB_URL instead. "
        "TIMESCALEDB_DATABASE is not set; set it, or TIMESCALEDB_URL instead. "
        "TIMESCALEDB_USER is not set; set it, or TIMESCALEDB_URL instead.",
    ),
    Row(
        "TIMESCALEDB_URL=nonsense db status",
        2,
        "Error: TIMESCALEDB_URL is no PostgreSQL connection string. It is: a connection "
        "string that stands for the five parts below.",
    ),
    Row(
        "TIMESCALEDB_URL=postgresql://127.0.0.1:1/x db status",
        1,
        'Error: the database: connection failed: connection to server at "127.0.0.1", port 1 '
        "failed: Connection refused. Is the server running on that host and accepting TCP/IP "
        "connections?",
    ),
    Row(
        "TIMESCALEDB_URL=postgresql://127.0.0.1:x/x db status",
        1,
        'Error: the database: connection is bad: invalid integer value "x" for connection '
        'option "port"',
    ),
    Row(
        "TIMESCALEDB_HOST=127.0.0.1 db status",
        2,
        "Error: TIMESCALEDB_DATABASE is not set; set it, or TIMESCALEDB_URL instead. "
        "TIMESCALEDB_USER is not set; set it, or TIMESCALEDB_URL instead.",
    ),
    Row(
        "TIMESCALEDB_URL=postgresql:///x TIMESCALEDB_SCHEMA=a;b db status",
        2,
        "Error: TIMESCALEDB_SCHEMA 'a;b' is not written as it must be. It is: the schema that"
        " holds our tables; made if missing.",
    ),
    Row(
        "TIMESCALEDB_URL=postgresql:///x db migrate",
        1,
        'Error: the database: connection failed: connection to server at "127.0.0.1", port 1 '
        "failed: Connection refused. Is the server running on that host and accepting TCP/IP "
        "connections?",
    ),
    Row("trace", 2, "Error: Missing argument 'CHANNEL/MESSAGE'."),
    Row(
        "trace x",
        2,
        "Error: Invalid value for 'CHANNEL/MESSAGE': 'x' is not like -1001234567890/42",
    ),
    Row(
        "trace --dsn nonsense --outbox outbox.sqlite3 -- -1001/1",
        2,
        "Error: Invalid value for '--dsn': it is no PostgreSQL connection string",
    ),
    Row(
        "trace --dsn postgresql://u:secret@127.0.0.1:1/x -- -1001/1",
        2,
        "Error: Invalid value for '--dsn': it holds a password, which every user of this "
        "machine can see. Leave it out and put it into ~/.pgpass (or PGPASSFILE, PGPASSWORD)",
    ),
    Row(
        "trace --log missing -- -1001/1",
        2,
        "Error: Invalid value for '--log': File 'missing' does not exist.",
    ),
    Row("upgrade", 2, "Error: Say --check. The steps are in docs/howto/upgrade.md."),
    Row(
        "upgrade --check --dsn x",
        2,
        "Error: Invalid value for '--dsn': it is no PostgreSQL connection string",
    ),
    Row("adopt", 2, "Error: Missing option '--from'."),
    Row(
        "adopt --from x",
        2,
        "Error: Invalid value for '--from': it is no PostgreSQL connection string",
    ),
    Row(
        "adopt --from postgresql://127.0.0.1:1/x",
        1,
        'Error: the database: connection failed: connection to server at "127.0.0.1", port 1 '
        "failed: Connection refused. Is the server running on that host and accepting TCP/IP "
        "connections?",
    ),
    Row(
        "adopt --from postgresql://127.0.0.1:1/x --channel x",
        2,
        "Error: Invalid value for '--channel': 'x' is not NAME=ID, as in 'TP "
        "Capital=-1001234567890'",
    ),
    Row(
        "adopt --from postgresql://127.0.0.1:1/x --dry-run --drop-old",
        2,
        "Error: Give --drop-old or --dry-run, not both.",
    ),
    Row(
        "adopt --from postgresql://u:secret@127.0.0.1:1/x",
        2,
        "Error: Invalid value for '--from': it holds a password, which every user of this "
        "machine can see. Leave it out and put it into ~/.pgpass (or PGPASSFILE, PGPASSWORD)",
    ),
    Row(
        "db status --json",
        2,
        "Error: TIMESCALEDB_HOST is not set; set it, or TIMESCALEDB_URL instead. "
        "TIMESCALEDB_DATABASE is not set; set it, or TIMESCALEDB_URL instead. "
        "TIMESCALEDB_USER is not set; set it, or TIMESCALEDB_URL instead.",
    ),
    Row(
        "TIMESCALEDB_URL=postgresql://127.0.0.1:1/x db roles --api a",
        1,
        'Error: the database: connection failed: connection to server at "127.0.0.1", port 1 '
        "failed: Connection refused. Is the server running on that host and accepting TCP/IP "
        "connections?",
    ),
    Row(
        "TIMESCALEDB_URL=postgresql://127.0.0.1:1/x db migrate --json",
        1,
        'Error: the database: connection failed: connection to server at "127.0.0.1", port 1 '
        "failed: Connection refused. Is the server running on that host and accepting TCP/IP "
        "connections?",
    ),
    Row(
        "TIMESCALEDB_URL_FILE=missing db status",
        2,
        "Error: TIMESCALEDB_URL_FILE missing: No such file or directory. It is: a connection "
        "string that stands for the five parts below.",
    ),
    Row(
        "TIMESCALEDB_URL=postgresql://127.0.0.1:1/x TIMESCALEDB_READ_URL=x db status",
        2,
        "Error: TIMESCALEDB_READ_URL is no PostgreSQL connection string. It is: a replica "
        "that GET routes read from; unset: none.",
    ),
    Row("trace --outbox missing --", 2, "Error: Missing argument 'CHANNEL/MESSAGE'."),
    Row(
        "adopt --from postgresql://127.0.0.1:1/x --to postgresql://u:secret@127.0.0.1:1/y",
        2,
        "Error: Invalid value for '--to': it holds a password, which every user of this "
        "machine can see. Leave it out and put it into ~/.pgpass (or PGPASSFILE, PGPASSWORD)",
    ),
    Row(
        "adopt --from postgresql://127.0.0.1:1/x --report file/x",
        1,
        'Error: the database: connection failed: connection to server at "127.0.0.1", port 1 '
        "failed: Connection refused. Is the server running on that host and accepting TCP/IP "
        "connections?",
    ),
    Row(
        "adopt --from postgresql://127.0.0.1:1/x --report folder",
        2,
        "Error: Invalid value for '--report': File 'folder' is a directory.",
    ),
]
