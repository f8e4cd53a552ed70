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

-- name: identity
-- purpose: the three numbers of the accounting identity, from one moment
SELECT (SELECT value FROM counter WHERE name = 'appended') AS appended,
       (SELECT value FROM counter WHERE name = 'purged') AS purged,
       (SELECT count(*) FROM outbox) AS rows;

-- name: integrity
-- purpose: what SQLite finds wrong in the file, or the one word ok
PRAGMA integrity_check(50);
