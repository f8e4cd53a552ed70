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
SELECT outbox.seq, outbox.channel_id, outbox.payload, outbox.appended_ms, outbox.source
FROM measured
CROSS JOIN outbox USING (seq)
WHERE total <= ? OR total = size
ORDER BY outbox.seq;

-- name: counts
-- purpose: what waits and what is dead, from the partial indexes alone
SELECT (SELECT count(*) FROM outbox WHERE state = 'pending') AS pending,
       (SELECT count(*) FROM outbox WHERE state = 'dead_letter') AS dead_letters;

-- name: unaccounted
-- purpose: appended - purged - here; the rows by their partial indexes, as `counts` has them
SELECT (SELECT value FROM counter WHERE name = 'appended')
     - (SELECT value FROM counter WHERE name = 'purged')
     - (SELECT count(*) FROM outbox WHERE state = 'pending')
     - (SELECT count(*) FROM outbox WHERE state = 'dead_letter')
     - (SELECT count(*) FROM outbox WHERE state IN ('delivered', 'discarded'));

-- name: newest_delivered
-- purpose: the messages whose rows the API answered for last
SELECT DISTINCT channel_id, message_id
FROM (
    SELECT channel_id, message_id, state FROM outbox
    WHERE state IN ('delivered', 'discarded')
    ORDER BY settled_ms DESC
    LIMIT ?
)
WHERE state = 'delivered';

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

-- name: hold_deletion
-- purpose: a deletion that waits for an operator; the first time that it was noticed stands
INSERT OR IGNORE INTO held_deletion (channel_id, message_id, held_ms) VALUES (?, ?, ?);

-- name: held_of_channel
-- purpose: the held deletions of a channel, with the message's send time where it is still here
SELECT held.message_id,
       held.held_ms,
       (SELECT json_extract(cast(payload AS TEXT), '$.timestamp') FROM outbox
        WHERE outbox.channel_id = held.channel_id AND outbox.message_id = held.message_id
        ORDER BY seq LIMIT 1) AS sent
FROM held_deletion AS held
WHERE held.channel_id = ?
ORDER BY held.message_id;

-- name: held_counts
-- purpose: how many deletions of each channel wait for an operator
SELECT channel_id, count(*) FROM held_deletion GROUP BY channel_id;

-- name: forget_held
-- purpose: a held deletion that was decided about
DELETE FROM held_deletion WHERE channel_id = ? AND message_id = ?;

-- name: mark_once
-- purpose: a single number that stays as it was first written
INSERT OR IGNORE INTO mark (name, value) VALUES (?, ?);

-- name: queue_forward
-- purpose: a message to forward, if it was never here, is no older than the forwarding (its mark),
--   and does not come from the destination itself; before its append, in the same transaction
INSERT OR IGNORE INTO forward (channel_id, message_id, album_id, queued_ms)
SELECT ?1, ?2, ?3, ?4
WHERE ?5 >= (SELECT value FROM mark WHERE name = ?6)
AND NOT EXISTS (SELECT 1 FROM outbox WHERE channel_id = ?1 AND message_id = ?2)
AND NOT EXISTS (SELECT 1 FROM purged_message WHERE channel_id = ?1 AND message_id = ?2)
AND NOT EXISTS (SELECT 1 FROM channel WHERE channel_id = ?1 AND '@' || lower(username) = ?7);

-- name: forward_waiting
-- purpose: what is still to be forwarded from these channels (JSON; null: from all), the longest
--   waiting first: what cannot be read now must not stand before what can
SELECT channel_id, message_id, album_id, random_id, state, queued_ms
FROM forward
WHERE state IN ('pending', 'sending')
AND (?1 IS NULL OR channel_id IN (SELECT value FROM json_each(?1)))
ORDER BY queued_ms, channel_id, message_id
LIMIT ?2;

-- name: forward_unsure
-- purpose: what was being forwarded when the connection, or the process, ended
SELECT channel_id, message_id, album_id, random_id, state, queued_ms
FROM forward
WHERE state = 'sending'
ORDER BY queued_ms, channel_id, message_id;

-- name: forward_pending
-- purpose: how much that is, and how long the oldest has waited since
SELECT count(*) AS pending, min(queued_ms) AS oldest_ms
FROM forward
WHERE state IN ('pending', 'sending');

-- name: forward_sending
-- purpose: about to be forwarded under this number, which Telegram takes once
UPDATE forward SET state = 'sending', random_id = ? WHERE channel_id = ? AND message_id = ?;

-- name: forward_again
-- purpose: it was not forwarded; the number stays
UPDATE forward SET state = 'pending' WHERE channel_id = ? AND message_id = ?;

-- name: settle_forward
-- purpose: forwarded, or refused with the reason
UPDATE forward SET state = ?, reason = ?, settled_ms = ? WHERE channel_id = ? AND message_id = ?;

-- name: first_payload
-- purpose: a message as it was first received
SELECT payload FROM outbox WHERE channel_id = ? AND message_id = ? ORDER BY seq LIMIT 1;

-- name: queue_media
-- purpose: a file to download, once a message
INSERT OR IGNORE INTO media (channel_id, message_id, kind, file, queued_ms) VALUES (?, ?, ?, ?, ?);

-- name: media_waiting
-- purpose: files still to be downloaded from these channels (JSON; null: from all), the longest
--   waiting first: what cannot be read now must not stand before what can
SELECT channel_id, message_id, kind, file, attempts, queued_ms
FROM media
WHERE state = 'pending'
AND (?1 IS NULL OR channel_id IN (SELECT value FROM json_each(?1)))
ORDER BY queued_ms, channel_id, message_id
LIMIT ?2;

-- name: media_pending
-- purpose: how many files that is
SELECT count(*) FROM media WHERE state = 'pending';

-- name: media_tried
-- purpose: one more attempt that did not bring the file
UPDATE media SET attempts = attempts + 1 WHERE channel_id = ? AND message_id = ?;

-- name: settle_media
-- purpose: downloaded, refused or expired, with its size or the reason
UPDATE media SET state = ?, bytes = ?, reason = ?, settled_ms = ?
WHERE channel_id = ? AND message_id = ?;

-- name: begin_backfill
-- purpose: a history to read; one that is being read stays as it is (nothing changes then)
INSERT INTO backfill (channel_id, first_id, next_id, last_id, requested_ms, changed_ms)
VALUES (?1, ?2, ?2, ?3, ?4, ?4)
ON CONFLICT (channel_id) DO UPDATE SET
    first_id = excluded.first_id,
    next_id = excluded.next_id,
    last_id = excluded.last_id,
    found = 0,
    stored = 0,
    state = 'running',
    reason = NULL,
    requested_ms = excluded.requested_ms,
    changed_ms = excluded.changed_ms
WHERE backfill.state <> 'running';

-- name: backfills
-- purpose: the histories that were asked for, the one that has waited longest first
SELECT channel_id, first_id, next_id, last_id, found, stored, state, reason
FROM backfill
ORDER BY changed_ms, channel_id;

-- name: advance_backfill
-- purpose: a chunk of messages (ids as a JSON array) is about to be here, in the same transaction
UPDATE backfill
SET next_id = ?2,
    found = found + json_array_length(?3),
    stored = stored + (
        SELECT count(*) FROM json_each(?3) AS wanted
        WHERE NOT EXISTS (SELECT 1 FROM outbox
                          WHERE channel_id = ?1 AND message_id = wanted.value)
    ),
    state = ?4,
    changed_ms = ?5
WHERE channel_id = ?1;

-- name: fail_backfill
-- purpose: a history that cannot be read, with the reason
UPDATE backfill SET state = 'failed', reason = ?, changed_ms = ? WHERE channel_id = ?;

-- name: never_here
-- purpose: those of these ids (a JSON array) that were never stored
SELECT wanted.value FROM json_each(?2) AS wanted
WHERE NOT EXISTS (SELECT 1 FROM outbox WHERE channel_id = ?1 AND message_id = wanted.value)
AND NOT EXISTS (SELECT 1 FROM purged_message WHERE channel_id = ?1 AND message_id = wanted.value)
ORDER BY wanted.value;

-- name: first_stored
-- purpose: the oldest message of a channel that was ever here; NULL without any
SELECT min(message_id) FROM (
    SELECT min(message_id) AS message_id FROM outbox WHERE channel_id = ?1
    UNION ALL
    SELECT min(message_id) FROM purged_message WHERE channel_id = ?1
);

-- name: counted
-- purpose: where a counter stands
SELECT value FROM counter WHERE name = ?;

-- name: purge_forward
-- purpose: forget what was forwarded or refused before a time; the outbox knows the message still
DELETE FROM forward WHERE state IN ('forwarded', 'refused') AND settled_ms < ?;

-- name: purge_media
-- purpose: forget which files were downloaded or given up before a time; the files stay
DELETE FROM media WHERE state <> 'pending' AND settled_ms < ?;

-- name: note_purged
-- purpose: remember the messages whose rows `purge` is about to forget (the same choice of rows)
INSERT OR IGNORE INTO purged_message (channel_id, message_id)
SELECT channel_id, message_id FROM outbox
WHERE seq IN (
    SELECT seq FROM outbox
    WHERE state IN ('delivered', 'discarded') AND settled_ms < ?
    ORDER BY settled_ms, seq
    LIMIT ?
);

-- name: purge
-- purpose: forget some rows that were settled before a time; never a pending row or dead letter
DELETE FROM outbox
WHERE seq IN (
    SELECT seq FROM outbox
    WHERE state IN ('delivered', 'discarded') AND settled_ms < ?
    ORDER BY settled_ms, seq
    LIMIT ?
);

-- name: vacuum
-- purpose: give the free pages, and then the log that they went through, back to the file system
PRAGMA incremental_vacuum;
PRAGMA wal_checkpoint(TRUNCATE);

-- name: pending_row
-- purpose: one row, if it is still pending
SELECT seq, channel_id, payload, appended_ms, source FROM outbox
WHERE state = 'pending' AND seq = ?;

-- name: mark
-- purpose: a single number that outlives the process
INSERT INTO mark (name, value) VALUES (?, ?)
ON CONFLICT (name) DO UPDATE SET value = excluded.value;

-- name: marked
-- purpose: that number
SELECT value FROM mark WHERE name = ?;

-- name: forget_mark
-- purpose: a number that does not hold any more
DELETE FROM mark WHERE name = ?;

-- name: keep_undecoded
-- purpose: an update that could not be read, raw, with the reason
INSERT INTO undecoded (source, raw, error, received_ms) VALUES (?, ?, ?, ?);

-- name: tracked_channels
-- purpose: what the user session follows, and how far it is
SELECT channel_id, access_hash, title, username, pts, contiguous_id, resume_pts, state, reason,
       migrated_to, noforwards, holes
FROM channel;

-- name: flood_waits
-- purpose: what Telegram still asks us to wait for
SELECT request, until_ms FROM flood_wait WHERE until_ms > ?;

-- name: note_flood_wait
-- purpose: a wait that Telegram asked for; the later end stands
INSERT INTO flood_wait (request, until_ms) VALUES (?, ?)
ON CONFLICT (request) DO UPDATE SET until_ms = max(until_ms, excluded.until_ms);

-- name: forget_flood_waits
-- purpose: waits that are over
DELETE FROM flood_wait WHERE until_ms <= ?;

-- name: note_channel
-- purpose: who a channel is, how it is addressed and whether it can be read; its cursor stays
INSERT INTO channel (
    channel_id, access_hash, title, username, state, reason, migrated_to, noforwards, changed_ms
)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (channel_id) DO UPDATE SET
    access_hash = excluded.access_hash,
    title = excluded.title,
    username = excluded.username,
    state = excluded.state,
    reason = excluded.reason,
    migrated_to = excluded.migrated_to,
    noforwards = excluded.noforwards,
    changed_ms = excluded.changed_ms;

-- name: move_cursor
-- purpose: how far a channel is taken over, in the transaction of the messages that it covers
UPDATE channel SET pts = ?, contiguous_id = ?, resume_pts = ?, holes = holes + ?, changed_ms = ?
WHERE channel_id = ?;

-- name: last_imported_id
-- purpose: the newest message that a file brought; a live one is no watermark, and a bot's neither
SELECT coalesce(max(message_id), 0) FROM outbox
WHERE channel_id = ? AND source IN ('replay', 'import');

-- name: known_messages
-- purpose: of these ids (a JSON array): send time, and whether a deletion is noted or held already
SELECT wanted.value,
       (SELECT json_extract(cast(payload AS TEXT), '$.timestamp') FROM outbox
        WHERE channel_id = ?1 AND message_id = wanted.value
        ORDER BY seq LIMIT 1) AS sent,
       EXISTS (SELECT 1 FROM outbox
               WHERE channel_id = ?1 AND message_id = wanted.value AND revision = -1)
       OR EXISTS (SELECT 1 FROM held_deletion
                  WHERE channel_id = ?1 AND message_id = wanted.value) AS is_noted
FROM json_each(?2) AS wanted;

-- name: stored_between
-- purpose: the ids of a channel that were here, beyond one id and up to another
SELECT message_id FROM outbox
WHERE channel_id = ?1 AND message_id > ?2 AND message_id <= ?3
UNION
SELECT message_id FROM purged_message
WHERE channel_id = ?1 AND message_id > ?2 AND message_id <= ?3;

-- name: last_stored
-- purpose: the newest ids of a channel that are here and not deleted, up to one id
SELECT DISTINCT message_id FROM outbox AS stored
WHERE channel_id = ?1 AND message_id <= ?2
AND NOT EXISTS (SELECT 1 FROM outbox
                WHERE channel_id = stored.channel_id AND message_id = stored.message_id
                AND revision = -1)
ORDER BY message_id DESC
LIMIT ?3;

-- name: note_migration
-- purpose: a basic group that became a supergroup: its old id leads to the new one
INSERT INTO channel (channel_id, state, reason, migrated_to, changed_ms)
VALUES (?1, 'migrated', 'became the supergroup ' || ?2, ?2, ?3)
ON CONFLICT (channel_id) DO UPDATE SET
    state = excluded.state,
    reason = excluded.reason,
    migrated_to = excluded.migrated_to,
    changed_ms = excluded.changed_ms;

-- name: keep_rich
-- purpose: a rich message as it came, beside its flattened text
INSERT OR IGNORE INTO rich_message (channel_id, message_id, revision, source, raw)
VALUES (?, ?, ?, ?, ?);

-- name: send_canary
-- purpose: the next canary takes the place of the one before
INSERT INTO canary (id, number, traceparent, sent_ms) VALUES (1, 1, ?, ?)
ON CONFLICT (id) DO UPDATE SET
    number = number + 1, traceparent = excluded.traceparent, sent_ms = excluded.sent_ms;

-- name: canary
-- purpose: the canary on its way, and when one last came back
SELECT number, traceparent, sent_ms, came_back_ms FROM canary;

-- name: canary_came_back
-- purpose: the API acknowledged this canary
UPDATE canary SET came_back_ms = ? WHERE number = ?;
