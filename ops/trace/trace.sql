-- What `tpcapital trace` asks the database about one message. The search path is our schema first.

-- name: select_message
-- The message's row in the ledger.
select sent_at, first_seen_at, last_seen_at, gateway_received_at, edited_at, deleted_at, revision,
       kind, reason, decision, source, traceparent, version_seq, text
  from messages
 where (channel_id, message_id) = (%(channel)s, %(message)s);

-- name: select_revisions
-- Every text that it ever had, in the order of its versions.
select first_version_at, first_version_seq, seen_at, encode(text_sha256, 'hex') as text_sha256, text
  from message_revisions
 where (channel_id, message_id) = (%(channel)s, %(message)s)
 order by first_version_at, first_version_seq;

-- name: select_signals
-- Its signal, and whether readers of the feed can have seen the last change of it.
select id, asset, direction, signal_type, status, revision, ingested_at, updated_at,
       changed_xid::text as changed_xid,
       changed_xid < pg_snapshot_xmin(pg_current_snapshot()) as is_in_feed
  from tp_capital_signals
 where (channel_id, message_id) = (%(channel)s, %(message)s);

-- name: select_follow_up
-- What it says became of a signal.
select asset, outcome, target from follow_ups
 where (channel_id, message_id) = (%(channel)s, %(message)s);
