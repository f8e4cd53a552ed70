-- The outbox: what was received from Telegram and what became of it.
-- Look at it any time, beside the running gateway:  sqlite3 -readonly outbox.sqlite3
--   SELECT * FROM summary;   SELECT * FROM pending LIMIT 10;   SELECT * FROM dead_letters;

-- name: create
-- purpose: the tables, indexes, guards and views of schema version 1
CREATE TABLE outbox (
    -- the order of arrival; AUTOINCREMENT so that a number is never used twice
    seq            INTEGER PRIMARY KEY AUTOINCREMENT,
    -- Telegram's ids, marked form (a channel is -100…)
    channel_id     INTEGER NOT NULL,
    message_id     INTEGER NOT NULL,
    -- the edit's time, ms since 1970; 0 for the message as it was first sent, -1 for its deletion
    revision       INTEGER NOT NULL,
    -- digest of the text's canonical form: tells two edits of one second apart
    text_sha256    BLOB    NOT NULL,
    -- who brought it: bot, user, replay, import
    source         TEXT    NOT NULL,
    -- the JSON that is sent, byte for byte (the relay adds "sequence"), and its SHA-256
    payload        BLOB    NOT NULL,
    payload_sha256 BLOB    NOT NULL,
    state          TEXT    NOT NULL DEFAULT 'pending'
                   CHECK (state IN ('pending', 'delivered', 'dead_letter', 'discarded')),
    -- what the API made of it (created, updated, unchanged, stale), or why it is a dead letter
    outcome        TEXT,
    reason         TEXT,
    -- for people and for retention, ms since 1970; no delivery is ever decided by them
    appended_ms    INTEGER NOT NULL,
    settled_ms     INTEGER,
    UNIQUE (channel_id, message_id, revision, text_sha256)
) STRICT;

CREATE INDEX outbox_pending ON outbox (channel_id, seq) WHERE state = 'pending';
CREATE INDEX outbox_dead_letter ON outbox (seq) WHERE state = 'dead_letter';
CREATE INDEX outbox_settled ON outbox (settled_ms) WHERE state IN ('delivered', 'discarded');

-- appended = rows now here + purged, at every commit: `tpcapital outbox verify` checks it
CREATE TABLE counter (
    name  TEXT    NOT NULL PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO counter VALUES ('appended', 0), ('purged', 0);

-- a trigger, so that an append is one statement and with it one transaction
CREATE TRIGGER outbox_counts_appended AFTER INSERT ON outbox
BEGIN
    UPDATE counter SET value = value + 1 WHERE name = 'appended';
END;

-- every message whose rows were purged: a gap on Telegram's side is told from one that was here
CREATE TABLE purged_message (
    channel_id INTEGER NOT NULL,
    message_id INTEGER NOT NULL,
    PRIMARY KEY (channel_id, message_id)
) STRICT, WITHOUT ROWID;

-- what the user session tracks, one row a channel; committed with the messages that it covers
CREATE TABLE channel (
    channel_id    INTEGER PRIMARY KEY,
    -- valid for the session's account alone
    access_hash   INTEGER,
    title         TEXT    NOT NULL DEFAULT '',
    username      TEXT,
    -- Telegram's event counter of the channel up to which everything is here; NULL before first sight
    pts           INTEGER,
    -- every message up to this id that Telegram still had is here; only reconciliation moves it
    contiguous_id INTEGER NOT NULL DEFAULT 0,
    -- the pts to go on from once a history that is being read has come to its end; NULL: none is
    resume_pts    INTEGER,
    state         TEXT    NOT NULL DEFAULT 'new'
                  CHECK (state IN ('new', 'tracked', 'no_access', 'gone', 'migrated')),
    reason        TEXT    NOT NULL DEFAULT '',
    migrated_to   INTEGER,
    -- 1 where Telegram forbids to forward from it
    noforwards    INTEGER NOT NULL DEFAULT 0,
    -- ids that Telegram no longer had when a gap was filled
    holes         INTEGER NOT NULL DEFAULT 0,
    changed_ms    INTEGER NOT NULL DEFAULT 0
) STRICT;

-- deletions too many at once to be believed; an operator applies or dismisses them
CREATE TABLE held_deletion (
    channel_id INTEGER NOT NULL,
    message_id INTEGER NOT NULL,
    held_ms    INTEGER NOT NULL,
    PRIMARY KEY (channel_id, message_id)
) STRICT, WITHOUT ROWID;

-- what Telegram told us to wait for, by request; obeyed across restarts
CREATE TABLE flood_wait (
    request  TEXT    NOT NULL PRIMARY KEY,
    until_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- updates that could not be read, raw, with the reason
CREATE TABLE undecoded (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    source      TEXT    NOT NULL,
    raw         BLOB    NOT NULL,
    error       TEXT    NOT NULL,
    received_ms INTEGER NOT NULL
) STRICT;

-- rich messages as they came: their text in the outbox is flattened from blocks
CREATE TABLE rich_message (
    channel_id INTEGER NOT NULL,
    message_id INTEGER NOT NULL,
    -- as in the outbox: the edit's time, 0 for the message as it was first sent
    revision   INTEGER NOT NULL,
    source     TEXT    NOT NULL,
    raw        BLOB    NOT NULL,
    PRIMARY KEY (channel_id, message_id, revision, source)
) STRICT, WITHOUT ROWID;

-- the second delivery: copies to the destination channel
CREATE TABLE forward (
    channel_id INTEGER NOT NULL,
    message_id INTEGER NOT NULL,
    album_id   TEXT,
    -- drawn and committed before the request, so that Telegram itself refuses a second one
    random_id  INTEGER,
    state      TEXT    NOT NULL DEFAULT 'pending'
               CHECK (state IN ('pending', 'sending', 'forwarded', 'refused')),
    reason     TEXT,
    queued_ms  INTEGER NOT NULL,
    settled_ms INTEGER,
    PRIMARY KEY (channel_id, message_id)
) STRICT;
CREATE INDEX forward_waiting ON forward (queued_ms) WHERE state IN ('pending', 'sending');

-- the third lane: files of messages, downloaded beside their texts
CREATE TABLE media (
    channel_id INTEGER NOT NULL,
    message_id INTEGER NOT NULL,
    kind       TEXT    NOT NULL,
    file       TEXT    NOT NULL,
    bytes      INTEGER,
    attempts   INTEGER NOT NULL DEFAULT 0,
    state      TEXT    NOT NULL DEFAULT 'pending'
               CHECK (state IN ('pending', 'done', 'refused', 'expired')),
    reason     TEXT,
    queued_ms  INTEGER NOT NULL,
    settled_ms INTEGER,
    PRIMARY KEY (channel_id, message_id)
) STRICT;
CREATE INDEX media_waiting ON media (queued_ms) WHERE state = 'pending';

-- histories that an operator asked for; `next_id` is where the next chunk begins
CREATE TABLE backfill (
    channel_id   INTEGER PRIMARY KEY,
    first_id     INTEGER NOT NULL,
    next_id      INTEGER NOT NULL,
    last_id      INTEGER NOT NULL,
    found        INTEGER NOT NULL DEFAULT 0,
    stored       INTEGER NOT NULL DEFAULT 0,
    state        TEXT    NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'done', 'failed')),
    reason       TEXT,
    requested_ms INTEGER NOT NULL,
    changed_ms   INTEGER NOT NULL
) STRICT;

-- single numbers that outlive a process: when the bot last polled, when it last heard of a channel
-- that it reads, since when forwarding is on
CREATE TABLE mark (
    name  TEXT    NOT NULL PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- the canary, a message that is none: one row, used again each time, beside what is counted
CREATE TABLE canary (
    id            INTEGER PRIMARY KEY CHECK (id = 1),
    number        INTEGER NOT NULL,
    traceparent   TEXT    NOT NULL,
    sent_ms       INTEGER NOT NULL,
    -- when one last came back from the database
    came_back_ms  INTEGER
) STRICT;

CREATE TRIGGER outbox_keeps_undelivered BEFORE DELETE ON outbox
WHEN OLD.state IN ('pending', 'dead_letter')
BEGIN
    SELECT RAISE(ABORT, 'a pending row or dead letter is never deleted; discard it with a reason');
END;

CREATE TRIGGER outbox_keeps_content
BEFORE UPDATE OF seq, channel_id, message_id, revision, text_sha256, payload ON outbox
BEGIN
    SELECT RAISE(ABORT, 'what was received is never changed');
END;

CREATE VIEW pending AS
SELECT seq,
       channel_id,
       message_id,
       CASE revision WHEN 0 THEN 'original' WHEN -1 THEN 'deletion' ELSE 'edit' END AS kind,
       datetime(appended_ms / 1000, 'unixepoch', 'localtime') AS appended,
       cast(strftime('%s', 'now') AS INTEGER) - appended_ms / 1000 AS waiting_seconds,
       source,
       substr(json_extract(cast(payload AS TEXT), '$.text'), 1, 60) AS text
FROM outbox
WHERE state = 'pending'
ORDER BY seq;

CREATE VIEW dead_letters AS
SELECT seq,
       channel_id,
       message_id,
       reason,
       datetime(appended_ms / 1000, 'unixepoch', 'localtime') AS appended,
       datetime(settled_ms / 1000, 'unixepoch', 'localtime') AS dead_since,
       source,
       substr(json_extract(cast(payload AS TEXT), '$.text'), 1, 60) AS text
FROM outbox
WHERE state = 'dead_letter'
ORDER BY seq;

CREATE VIEW channels AS
SELECT channel.channel_id,
       channel.title,
       channel.state,
       channel.reason,
       channel.contiguous_id,
       channel.pts,
       channel.holes,
       (SELECT count(*) FROM held_deletion AS held WHERE held.channel_id = channel.channel_id)
           AS held_deletions,
       datetime(channel.changed_ms / 1000, 'unixepoch', 'localtime') AS changed
FROM channel
ORDER BY channel.title;

CREATE VIEW summary AS
SELECT state,
       count(*) AS rows,
       count(DISTINCT channel_id) AS channels,
       datetime(min(appended_ms) / 1000, 'unixepoch', 'localtime') AS oldest,
       datetime(max(appended_ms) / 1000, 'unixepoch', 'localtime') AS newest
FROM outbox
GROUP BY state;
