-- Every statement that the gateway runs on its outbox.

-- name: append
-- purpose: one received revision; a revision that is here already changes nothing
INSERT INTO outbox (
    channel_id, message_id, revision, text_sha256, source, payload, payload_sha256, appended_ms
)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (channel_id, message_id, revision, text_sha256) DO NOTHING;

-- name: count
-- purpose: move a counter in the transaction that makes it true
UPDATE counter SET value = value + ? WHERE name = ?;

-- name: settle_delivered
-- purpose: pending rows that the API answered for leave the queue (one statement: a JSON array)
UPDATE outbox SET state = 'delivered', outcome = ?, settled_ms = ?
WHERE state = 'pending' AND seq IN (SELECT value FROM json_each(?));

-- name: settle_dead
-- purpose: a pending row becomes a dead letter, with its reason
UPDATE outbox SET state = 'dead_letter', reason = ?, settled_ms = ?
WHERE seq = ? AND state = 'pending';

-- name: pending_channels
-- purpose: the channels that have pending rows, the longest waiting first (one index step each)
WITH RECURSIVE channel (id) AS (
    SELECT min(channel_id) FROM outbox WHERE state = 'pending'
    UNION ALL
    SELECT (SELECT min(channel_id) FROM outbox WHERE state = 'pending' AND channel_id > channel.id)
    FROM channel
    WHERE channel.id IS NOT NULL
)
SELECT id,
       (SELECT min(seq) FROM outbox WHERE state = 'pending' AND channel_id = channel.id) AS head
FROM channel
WHERE id IS NOT NULL
ORDER BY head;

-- name: pending_rows
-- purpose: the oldest pending rows of one channel beyond a seq, in order, within so many bytes
WITH waiting AS (
    SELECT seq, length(payload) AS size FROM outbox
    WHERE state = 'pending' AND channel_id = ? AND seq > ?
    ORDER BY seq
    LIMIT ?
), measured AS (
    SELECT seq, size, sum(size) OVER (ORDER BY seq) AS total FROM waiting
)
SELECT outbox.seq, outbox.channel_id, outbox.payload, outbox.appended_ms
FROM measured
CROSS JOIN outbox USING (seq)
WHERE total <= ? OR total = size
ORDER BY outbox.seq;

-- name: counts
-- purpose: what waits and what is dead, from the partial indexes alone
SELECT (SELECT count(*) FROM outbox WHERE state = 'pending') AS pending,
       (SELECT count(*) FROM outbox WHERE state = 'dead_letter') AS dead_letters;

-- name: retry
-- purpose: an operator sends a dead letter or a discarded row again
UPDATE outbox SET state = 'pending', outcome = NULL, reason = NULL, settled_ms = NULL
WHERE seq = ? AND state IN ('dead_letter', 'discarded');

-- name: retry_all
-- purpose: an operator sends every dead letter again
UPDATE outbox SET state = 'pending', outcome = NULL, reason = NULL, settled_ms = NULL
WHERE state = 'dead_letter';

-- name: discard
-- purpose: an operator gives up a row, with the reason
UPDATE outbox SET state = 'discarded', outcome = NULL, reason = ?, settled_ms = ?
WHERE seq = ? AND state IN ('pending', 'dead_letter');

-- name: purge
-- purpose: forget some rows that were settled before a time; never a pending row or dead letter
DELETE FROM outbox
WHERE seq IN (
    SELECT seq FROM outbox
    WHERE state IN ('delivered', 'discarded') AND settled_ms < ?
    LIMIT ?
);

-- name: pending_row
-- purpose: one row, if it is still pending
SELECT seq, channel_id, payload, appended_ms FROM outbox
WHERE state = 'pending' AND seq = ?;
