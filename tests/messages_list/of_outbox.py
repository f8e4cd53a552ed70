"""The outbox, and words that are no command."""

from tests.messages_list.row import Row

ROWS = [
    Row("inbox", 2, "Error: No such command 'inbox'."),
    Row("outbox nothing", 2, "Error: No such command 'nothing'."),
    Row(
        "outbox status",
        1,
        "Error: outbox data/outbox.sqlite3 cannot be opened: there is no such file. Give its "
        "path with --outbox or OUTBOX_PATH",
    ),
    Row(
        "outbox status --outbox missing",
        1,
        "Error: outbox missing cannot be opened: there is no such file. Give its path with "
        "--outbox or OUTBOX_PATH",
    ),
    Row(
        "outbox status --outbox folder",
        2,
        "Error: Invalid value for '--outbox': File 'folder' is a directory.",
    ),
    Row(
        "outbox status --outbox file",
        1,
        "Error: outbox file cannot be opened: file is not a database. It is no outbox: give "
        "its path with --outbox or OUTBOX_PATH",
    ),
    Row(
        "outbox status --outbox noise",
        1,
        "Error: outbox noise cannot be opened: file is not a database. It is no outbox: give "
        "its path with --outbox or OUTBOX_PATH",
    ),
    Row(
        "outbox status --outbox empty",
        1,
        "Error: outbox empty cannot be opened: no such table: outbox. It is no outbox: give "
        "its path with --outbox or OUTBOX_PATH",
    ),
    Row(
        "outbox status --outbox other.sqlite3",
        1,
        "Error: outbox other.sqlite3 cannot be opened: no such table: outbox. It is no "
        "outbox: give its path with --outbox or OUTBOX_PATH",
    ),
    Row(
        "outbox retry --all --outbox newer.sqlite3",
        1,
        "Error: outbox newer.sqlite3 has schema 99, this program knows 1. Install the newer "
        "program again; nothing was changed.",
    ),
    Row(
        "outbox retry --all --outbox other.sqlite3",
        1,
        "Error: outbox other.sqlite3 cannot be opened: it is another program's database; set "
        "OUTBOX_PATH",
    ),
    Row(
        "outbox retry --outbox outbox.sqlite3",
        2,
        "Error: Give row numbers, or --all for every dead letter.",
    ),
    Row(
        "outbox retry 1 --all --outbox outbox.sqlite3",
        2,
        "Error: Give row numbers, or --all for every dead letter.",
    ),
    Row(
        "outbox retry 77 --outbox outbox.sqlite3",
        1,
        "Error: nothing changed: it takes dead letters and discarded rows; `tpcapital outbox "
        "ls` shows them",
    ),
    Row("outbox retry x", 2, "Error: Invalid value for '[SEQ]…': 'x' is not a valid integer."),
    Row("outbox show", 2, "Error: Missing argument 'SEQ'."),
    Row(
        "outbox show 0",
        2,
        "Error: Invalid value for 'SEQ': 0 is not in the range 1<=x<=9223372036854775807.",
    ),
    Row(
        "outbox show 77 --outbox outbox.sqlite3",
        1,
        "Error: outbox outbox.sqlite3 has no row 77; `tpcapital outbox ls` shows those it has",
    ),
    Row(
        "outbox show 99999999999999999999 --outbox outbox.sqlite3",
        2,
        "Error: Invalid value for 'SEQ': 99999999999999999999 is not in the range "
        "1<=x<=9223372036854775807.",
    ),
    Row(
        "outbox ls --limit 0",
        2,
        "Error: Invalid value for '--limit': 0 is not in the range 1<=x<=100000.",
    ),
    Row(
        "outbox ls --state lost",
        2,
        "Error: Invalid value for '--state': 'lost' is not one of 'pending', 'delivered', "
        "'dead_letter', 'discarded'.",
    ),
    Row(
        "outbox ls --channel abc",
        2,
        "Error: Invalid value for '--channel': 'abc' is not a valid integer.",
    ),
    Row("outbox discard 1", 2, "Error: Missing option '--reason'."),
    Row("outbox discard --reason x", 2, "Error: Missing argument 'SEQ…'."),
    Row(
        "outbox discard 77 --reason x --outbox outbox.sqlite3",
        1,
        "Error: nothing changed: it takes pending rows and dead letters; `tpcapital outbox "
        "ls` shows them",
    ),
    Row(
        'outbox discard 1 --reason "" --outbox outbox.sqlite3',
        2,
        "Error: --reason has 0 characters; give 1 to 500.",
    ),
    Row(
        "outbox export --state pending --delayed --outbox outbox.sqlite3",
        2,
        "Error: Give --state or --delayed, not both.",
    ),
    Row(
        "outbox export -o folder --outbox outbox.sqlite3",
        1,
        "Error: folder cannot be written: Is a directory",
    ),
    Row(
        "outbox export -o file/x --outbox outbox.sqlite3",
        1,
        "Error: file/x cannot be written: a file is where a folder must be",
    ),
    Row(
        "outbox vacuum --outbox missing",
        1,
        "Error: outbox missing cannot be opened: there is no such file. Give its path with "
        "--outbox or OUTBOX_PATH",
    ),
    Row(
        "outbox verify --outbox noise",
        1,
        "Error: outbox noise cannot be opened: file is not a database. It is no outbox: give "
        "its path with --outbox or OUTBOX_PATH",
    ),
    Row(
        "outbox verify --outbox folder",
        2,
        "Error: Invalid value for '--outbox': File 'folder' is a directory.",
    ),
    Row(
        "outbox status --outbox loop",
        2,
        "Error: Invalid value for '--outbox': 'loop' is a link that leads to itself",
    ),
    Row('outbox status --outbox ""', 2, "Error: Invalid value for '--outbox': '' names no file"),
    Row("outbox status --nonsense", 2, "Error: No such option '--nonsense'."),
    Row("outbox status extra", 2, "Error: Got unexpected extra argument (extra)"),
    Row(
        "outbox status --outbox empty --json",
        1,
        "Error: outbox empty cannot be opened: no such table: outbox. It is no outbox: give "
        "its path with --outbox or OUTBOX_PATH",
    ),
    Row(
        "outbox retry --all --outbox file/x",
        1,
        "Error: outbox file/x cannot be opened: there is no such file. Give its path with "
        "--outbox or OUTBOX_PATH",
    ),
]
