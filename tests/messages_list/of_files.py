"""Channels, histories, the session, imports, texts."""

from tests.messages_list.row import Row

ROWS = [
    Row("channels add", 2, "Error: Missing argument 'CHANNEL'."),
    Row(
        "channels add x",
        1,
        "Error: 'x' is no channel: give its marked id (-100…) or its public name (@…)",
    ),
    Row(
        'channels add ""',
        1,
        "Error: '' is no channel: give its marked id (-100…) or its public name (@…)",
    ),
    Row(
        "channels add 12",
        1,
        "Error: '12' is no channel: give its marked id (-100…) or its public name (@…)",
    ),
    Row(
        "channels add @name --file mistyped.toml",
        1,
        "Error: mistyped.toml: channel[0].id must be a whole number. Correct it; nothing was "
        "changed.",
    ),
    Row(
        "channels add @name --file torn.toml",
        1,
        "Error: torn.toml: Invalid value (at line 1, column 11). Correct it; nothing was changed.",
    ),
    Row(
        "channels add @name --file newer.toml",
        1,
        "Error: newer.toml has version 9, this program knows 1. Install the program that "
        "wrote it; nothing was changed.",
    ),
    Row(
        "channels add @name --file twins.toml",
        1,
        "Error: twins.toml declares -1001 more than once; keep one each",
    ),
    Row(
        "channels add @name --file folder",
        2,
        "Error: Invalid value for '--file': File 'folder' is a directory.",
    ),
    Row(
        "channels add @name --file noise",
        1,
        "Error: noise cannot be read: byte 128 begins no character of UTF-8; it is no text "
        "file. Correct it or its rights",
    ),
    Row(
        "channels add @name --file file/x",
        1,
        "Error: file/x cannot be read: Not a directory. Correct it or its rights",
    ),
    Row(
        "channels add @name --file missing/x",
        1,
        "Error: {folder}/missing/x cannot be written: No such file or directory",
    ),
    Row(
        "channels add @abcd --role sink",
        2,
        "Error: Invalid value for '--role': 'sink' is not one of 'source', 'destination'.",
    ),
    Row(
        "channels remove @abcd",
        1,
        "Error: @abcd is not declared in {folder}/channels.toml; `tpcapital channels list` "
        "shows what is",
    ),
    Row(
        "channels disable @abcd",
        1,
        "Error: @abcd is not declared in {folder}/channels.toml; `tpcapital channels list` "
        "shows what is",
    ),
    Row(
        "channels enable -1001",
        1,
        "Error: -1001 is not declared in {folder}/channels.toml; `tpcapital channels list` "
        "shows what is",
    ),
    Row(
        "channels check",
        1,
        "Error: no gateway runs on outbox data/outbox.sqlite3, and only it may use the "
        "Telegram session. Start it (`tpcapital gateway`, or its systemd unit), then do this "
        "again",
    ),
    Row(
        "channels check @abcd",
        1,
        "Error: @abcd was not seen yet, so its id is not known; give the id, or start the "
        "gateway first",
    ),
    Row(
        "channels check @abcd --outbox outbox.sqlite3",
        1,
        "Error: @abcd was not seen yet, so its id is not known; give the id, or start the "
        "gateway first",
    ),
    Row(
        "channels check --from-id 0",
        2,
        "Error: Invalid value for '--from-id': 0 is not in the range x>=1.",
    ),
    Row(
        "channels deletions --apply", 2, "Error: Give a CHANNEL together with --apply or --dismiss."
    ),
    Row(
        "channels deletions @abcd --apply",
        1,
        "Error: @abcd was not seen yet, so its id is not known; give the id, or start the "
        "gateway first",
    ),
    Row("channels deletions -- -1001 --apply", 2, "Error: Got unexpected extra argument (--apply)"),
    Row(
        "channels deletions --apply --outbox outbox.sqlite3 -- -1001",
        1,
        "Error: no deletion of -1001 is held; nothing was changed",
    ),
    Row(
        "channels list --file noise",
        1,
        "Error: noise cannot be read: byte 128 begins no character of UTF-8; it is no text "
        "file. Correct it or its rights",
    ),
    Row(
        "channels list --outbox noise",
        1,
        "Error: outbox noise cannot be opened: file is not a database. It is no outbox: give "
        "its path with --outbox or OUTBOX_PATH",
    ),
    Row(
        "TELEGRAM_SOURCE_CHANNELS=x channels list",
        1,
        "Error: 'x' is no channel: give its marked id (-100…) or its public name (@…)",
    ),
    Row(
        "TELEGRAM_SOURCE_CHANNELS=@abcd channels remove @abcd",
        1,
        "Error: @abcd is declared by TELEGRAM_SOURCE_CHANNELS or "
        "TELEGRAM_DESTINATION_CHANNEL_ID; take it out there",
    ),
    Row("backfill", 2, "Error: Missing option '--channel'."),
    Row(
        "backfill --channel @abcd",
        1,
        "Error: @abcd was not seen yet, so its id is not known; give the id, or start the "
        "gateway first",
    ),
    Row(
        "backfill --channel -1001",
        1,
        "Error: no gateway runs on outbox data/outbox.sqlite3, and only it may use the "
        "Telegram session. Start it (`tpcapital gateway`, or its systemd unit), then do this "
        "again",
    ),
    Row(
        "backfill --channel -1001 --since x",
        2,
        "Error: --since 'x' is no time; give a day (2026-11-01) or ISO 8601.",
    ),
    Row(
        "backfill --channel -1001 --since 2026-01-01 --from-id 1",
        2,
        "Error: Give --since or --from-id, not both.",
    ),
    Row(
        "backfill --channel -1001 --since 9999-12-31",
        1,
        "Error: no gateway runs on outbox data/outbox.sqlite3, and only it may use the "
        "Telegram session. Start it (`tpcapital gateway`, or its systemd unit), then do this "
        "again",
    ),
    Row(
        "backfill --channel -1001 --outbox missing/x",
        1,
        "Error: no gateway runs on outbox missing/x, and only it may use the Telegram "
        "session. Start it (`tpcapital gateway`, or its systemd unit), then do this again",
    ),
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
        "channels add @abcd --file torn.toml --json",
        1,
        "Error: torn.toml: Invalid value (at line 1, column 11). Correct it; nothing was changed.",
    ),
    Row(
        "channels remove x",
        1,
        "Error: 'x' is no channel: give its marked id (-100…) or its public name (@…)",
    ),
    Row(
        "channels check --fill --outbox outbox.sqlite3 -- -1001",
        1,
        "Error: no gateway runs on outbox outbox.sqlite3, and only it may use the Telegram "
        "session. Start it (`tpcapital gateway`, or its systemd unit), then do this again",
    ),
    Row(
        "channels enable -1001 --json",
        1,
        "Error: -1001 is not declared in {folder}/channels.toml; `tpcapital channels list` "
        "shows what is",
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
        "Page 9: btreeInitPage() returns error code 11",
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
