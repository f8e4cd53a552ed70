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
    -- the edit's time, ms since 1970; 0 for the message as it was first sent
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
       iif(revision = 0, 'original', 'edit') AS kind,
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

CREATE VIEW summary AS
SELECT state,
       count(*) AS rows,
       count(DISTINCT channel_id) AS channels,
       datetime(min(appended_ms) / 1000, 'unixepoch', 'localtime') AS oldest,
       datetime(max(appended_ms) / 1000, 'unixepoch', 'localtime') AS newest
FROM outbox
GROUP BY state;
