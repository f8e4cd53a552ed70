-- Every statement that the command line reads the outbox with; it never writes with its own.

-- name: states
-- purpose: how many rows are in each state
SELECT state, count(*) AS rows FROM outbox GROUP BY state;

-- name: oldest_pending
-- purpose: the row that has waited longest (the partial index alone is walked for it)
SELECT seq, channel_id, message_id, appended_ms FROM outbox
WHERE seq = (SELECT min(seq) FROM outbox INDEXED BY outbox_pending WHERE state = 'pending');

-- name: newest_rows
-- purpose: some rows of a state and a channel (null: any), the newest first
SELECT * FROM outbox
WHERE (:state IS NULL OR state = :state) AND (:channel IS NULL OR channel_id = :channel)
ORDER BY seq DESC
LIMIT :limit;

-- name: oldest_rows
-- purpose: the same, the oldest first
SELECT * FROM outbox
WHERE (:state IS NULL OR state = :state) AND (:channel IS NULL OR channel_id = :channel)
ORDER BY seq
LIMIT :limit;

-- name: row
-- purpose: one row, whole
SELECT * FROM outbox WHERE seq = :seq;

-- name: state
-- purpose: what became of one row
SELECT state FROM outbox WHERE seq = :seq;

-- name: payloads
-- purpose: the next payloads after a row, of all states or of chosen ones, for copies and checks
SELECT seq, payload, payload_sha256 FROM outbox
WHERE seq > :after AND (:states IS NULL OR instr(:states, '|' || state || '|'))
ORDER BY seq
LIMIT :limit;

-- name: channels
-- purpose: every channel that is followed or has rows, and how far it is (one index step each)
WITH RECURSIVE stored (id) AS (
    SELECT min(channel_id) FROM outbox
    UNION ALL
    SELECT (SELECT min(channel_id) FROM outbox WHERE channel_id > stored.id)
    FROM stored
    WHERE stored.id IS NOT NULL
), found (id) AS (
    SELECT id FROM stored WHERE id IS NOT NULL
    UNION
    SELECT channel_id FROM channel
)
SELECT found.id AS channel_id,
       coalesce(channel.title, '') AS title,
       channel.username,
       channel.state,
       coalesce(channel.reason, '') AS reason,
       (SELECT max(message_id) FROM outbox WHERE channel_id = found.id) AS last_message_id,
       (SELECT count(*) FROM held_deletion AS held WHERE held.channel_id = found.id) AS held
FROM found
LEFT JOIN channel ON channel.channel_id = found.id;

-- name: held_deletions
-- purpose: deletions that wait for an operator, by channel, with a few of the message ids
SELECT held.channel_id,
       coalesce(channel.title, '') AS title,
       count(*) AS held,
       min(held.message_id) AS first_id,
       max(held.message_id) AS last_id,
       min(held.held_ms) AS since_ms
FROM held_deletion AS held
LEFT JOIN channel USING (channel_id)
GROUP BY held.channel_id
ORDER BY since_ms;

-- name: message_rows
-- purpose: every row of one message, in the order of arrival
SELECT * FROM outbox WHERE channel_id = :channel AND message_id = :message ORDER BY seq;

-- name: is_purged
-- purpose: whether the message had rows that were forgotten after their delivery
SELECT count(*) AS purged FROM purged_message
WHERE channel_id = :channel AND message_id = :message;

-- name: identity
-- purpose: the three numbers of the accounting identity, from one moment
SELECT (SELECT value FROM counter WHERE name = 'appended') AS appended,
       (SELECT value FROM counter WHERE name = 'purged') AS purged,
       (SELECT count(*) FROM outbox) AS rows;

-- name: integrity
-- purpose: what SQLite finds wrong in the file, or the one word ok
PRAGMA integrity_check(50);

-- name: version
-- purpose: the file's schema version
PRAGMA user_version;
