"""A session file as the user source's library writes it, without that library."""

import sqlite3
from contextlib import closing
from pathlib import Path

TABLES = """
CREATE TABLE version (version integer primary key);
CREATE TABLE sessions (
    dc_id integer primary key, server_address text, port integer, auth_key blob,
    takeout_id integer, tmp_auth_key blob
);
CREATE TABLE entities (
    id integer primary key, hash integer not null, username text, phone integer, name text,
    date integer
);
CREATE TABLE sent_files (
    md5_digest blob, file_size integer, type integer, id integer, hash integer,
    primary key (md5_digest, file_size, type)
);
CREATE TABLE update_state (
    id integer primary key, pts integer, qts integer, date integer, seq integer
);
"""


def write_session(path: Path, key: bytes = b"k" * 256, version: int = 8, entities: int = 3) -> None:
    """A session of mode 0600 in a folder of mode 0700."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.touch(mode=0o600)
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(TABLES)
        connection.execute("INSERT INTO version VALUES (?)", (version,))
        connection.execute(
            "INSERT INTO sessions VALUES (2, '127.0.0.1', 4430, ?, NULL, x'')", (key,)
        )
        rows = [(number, number) for number in range(1, entities + 1)]
        connection.executemany("INSERT INTO entities (id, hash) VALUES (?, ?)", rows)
        connection.commit()


def key_of(path: Path) -> bytes:
    """The key that the file holds."""
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
        (key,) = connection.execute("SELECT auth_key FROM sessions").fetchone()
    assert isinstance(key, bytes)
    return key
