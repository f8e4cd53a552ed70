"""The session's file, imports, texts."""

from tests.messages_list.row import Row

ROWS = [
    Row(
        "session backup --session-dir missing",
        1,
        "Error: session missing/gateway.session cannot be used: there is no such file. Type: "
        "tpcapital login",
    ),
    Row(
        "session restore missing", 1, "Error: session missing cannot be used: there is no such file"
    ),
    Row("session restore noise", 1, "Error: session noise cannot be used: file is not a database"),
    Row(
        "session restore noise --session-dir missing2",
        1,
        "Error: session noise cannot be used: file is not a database",
    ),
    Row(
        "session restore file --session-dir file",
        1,
        "Error: session file/gateway.session cannot be used: a file is where a folder must be"
        " (file)",
    ),
    Row(
        "session restore folder",
        2,
        "Error: Invalid value for 'FILE': File 'folder' is a directory.",
    ),
    Row("import", 2, "Error: Give files, or --old-gateway."),
    Row("import missing", 1, "Error: missing: No such file or directory"),
    Row("import folder", 1, "Error: folder: Is a directory"),
    Row(
        "import file",
        1,
        "Error: file: no JSON object at byte 0. Give a Telegram Desktop export (result.json, "
        "made with the format 'Machine-readable JSON') or the old gateway's "
        "failure-queue.jsonl",
    ),
    Row(
        "import noise",
        1,
        "Error: noise: no JSON object at byte 0. Give a Telegram Desktop export (result.json,"
        " made with the format 'Machine-readable JSON') or the old gateway's "
        "failure-queue.jsonl",
    ),
    Row(
        "import empty",
        1,
        "Error: empty: empty, byte 0 of 0. Give a Telegram Desktop export (result.json, made "
        "with the format 'Machine-readable JSON') or the old gateway's failure-queue.jsonl",
    ),
    Row(
        "import queue.jsonl --dry-run",
        1,
        "Error: queue.jsonl: broken JSON at byte 0 or within 1024 after it (parse error: "
        "trailing garbage). What came before was read; export the chat again, or copy the "
        "file again, and repeat: messages that are already there are not stored twice.",
    ),
    Row(
        "import --old-gateway x",
        2,
        "Error: Invalid value for '--old-gateway': it is no PostgreSQL connection string",
    ),
    Row(
        'import --old-gateway "postgresql://u:secret@h/d"',
        2,
        "Error: Invalid value for '--old-gateway': it holds a password, which every user of "
        "this machine can see. Leave it out and put it into ~/.pgpass (or PGPASSFILE, "
        "PGPASSWORD)",
    ),
    Row(
        'import --old-gateway "host=127.0.0.1 port=1"',
        1,
        'Error: the database: connection failed: connection to server at "127.0.0.1", port 1 '
        "failed: Connection refused. Is the server running on that host and accepting TCP/IP "
        "connections?",
    ),
    Row(
        "import queue.jsonl --outbox file/x",
        1,
        "Error: outbox file/x cannot be opened: a file is where a folder must be (file/x.lock)",
    ),
    Row(
        "parse --json --jsonl",
        2,
        "Error: --json and --jsonl exclude each other: --jsonl prints JSON too",
    ),
    Row(
        "parse --jsonl",
        1,
        'line 1: JSON is malformed: invalid character (byte 0); write {"text": "..."}',
    ),
    Row(
        "session restore newer.sqlite3",
        1,
        "Error: session newer.sqlite3 cannot be used: it is no session file: no table "
        "entities, sent_files, sessions, update_state, version",
    ),
    Row(
        "session restore other.sqlite3",
        1,
        "Error: session other.sqlite3 cannot be used: it is no session file: no table "
        "entities, sent_files, sessions, update_state, version",
    ),
    Row(
        "session backup --session-dir session --to file/x",
        1,
        "Error: session file/x cannot be used: Not a directory (file/x.new)",
    ),
    Row(
        "session backup --session-dir session --to missing/x",
        1,
        "Error: session missing/x cannot be used: No such file or directory (missing/x.new)",
    ),
    Row("import folder --json", 1, "Error: folder: Is a directory"),
    Row("parse --nothing", 2, "Error: No such option '--nothing'."),
    Row(
        "session restore torn.session",
        1,
        "Error: session torn.session cannot be used: SQLite says *** in database main *** "
        "…age 9: btreeInitPage() returns error code 11",
    ),
    Row(
        "session restore keyless.session",
        1,
        "Error: session keyless.session cannot be used: it holds no key: that login was never"
        " finished",
    ),
    Row(
        "session restore later.session",
        1,
        "Error: session later.session cannot be used: its schema is 99; this program knows 4 to 8",
    ),
    Row(
        "session backup --session-dir open",
        1,
        "Error: session open/gateway.session cannot be used: group or others have rights on "
        "it, and whoever reads it is the account. Type: chmod 600 open/gateway.session",
    ),
]
