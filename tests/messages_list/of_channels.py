"""Channels, and their histories."""

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
        "channels add @name --channels-file mistyped.toml",
        1,
        "Error: mistyped.toml: channel[0].id must be a whole number. Correct it; nothing was "
        "changed.",
    ),
    Row(
        "channels add @name --channels-file torn.toml",
        1,
        "Error: torn.toml: Invalid value (at line 1, column 11). Correct it; nothing was changed.",
    ),
    Row(
        "channels add @name --channels-file newer.toml",
        1,
        "Error: newer.toml has version 9, this program knows 1. Install the program that "
        "wrote it; nothing was changed.",
    ),
    Row(
        "channels add @name --channels-file twins.toml",
        1,
        "Error: twins.toml declares -1001 more than once; keep one each",
    ),
    Row(
        "channels add @name --channels-file folder",
        2,
        "Error: Invalid value for '--channels-file': File 'folder' is a directory.",
    ),
    Row(
        "channels add @name --channels-file noise",
        1,
        "Error: noise cannot be read: byte 128 begins no character of UTF-8; it is no text "
        "file. Correct it or its rights",
    ),
    Row(
        "channels add @name --channels-file file/x",
        1,
        "Error: file/x cannot be read: Not a directory. Correct it or its rights",
    ),
    Row(
        "channels add @name --channels-file missing/x",
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
        "channels list --channels-file noise",
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
        "backfill --channel -1001 --since 9998-12-31",
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
        "channels add @abcd --channels-file torn.toml --json",
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
]
