-- The queries of the endpoints that the Dashboard knows. A parameter that is null filters nothing.

-- name: select_signals
-- Signals, newest first; `before_ts` and `before_id` are a cursor. `search` is no ILIKE pattern: of
-- one, few matches are expected, and all rows are read and sorted for the first hundred of many.
select s.id, s.ts, s.channel, s.signal_type, s.asset, s.buy_min, s.buy_max, s.target_1, s.target_2,
       s.target_final, s.stop, s.raw_message, s.source, s.ingested_at, s.created_at, s.updated_at,
       s.direction, s.targets, s.revision, s.edited_at, s.valid_until, s.status, s.message_id,
       (select c.label
          from telegram_channels c
         where c.channel_id = s.channel_id and c.status <> 'deleted'
         order by c.updated_at desc
         limit 1) as channel_label,
       s.ts || '.' || s.id as cursor
  from tp_capital_signals s
 where (%(withdrawn)s::boolean or s.status = 'active')
   and (%(channel)s::text is null or s.channel = %(channel)s)
   and (%(type)s::text is null or s.signal_type = %(type)s)
   and (%(asset)s::text is null or s.asset = %(asset)s)
   and (%(search)s::text is null
        or strpos(lower(s.asset), lower(%(search)s)) > 0
        or strpos(lower(s.raw_message), lower(%(search)s)) > 0)
   and (%(from)s::bigint is null or s.ts >= %(from)s)
   and (%(to)s::bigint is null or s.ts <= %(to)s)
   and (%(before_ts)s::bigint is null
        or (s.ts, s.id) < (%(before_ts)s::bigint, %(before_id)s::bigint))
 order by s.ts desc, s.id desc
 limit %(limit)s;

-- name: find_signals
-- The signals shown that were stored at a time, to the microsecond or within a longer while.
select id
  from tp_capital_signals
 where ingested_at >= %(at)s
   and ingested_at < %(at)s + %(width)s::interval
   and status = 'active'
 limit 2;

-- name: delete_signal
-- Take a signal off the list, until an operator restores it.
with decided as (
  update messages m
     set decision = 'deleted'
    from tp_capital_signals s
   where s.id = %(id)s
     and (m.channel_id, m.message_id) = (s.channel_id, s.message_id)
  returning m.channel_id, m.message_id, m.sent_at, m.kind, m.deleted_at, m.decision
)
update tp_capital_signals s
   set status = signal_status(d.kind, d.deleted_at, d.decision), updated_at = now()
  from decided d
 where (s.channel_id, s.message_id, s.sent_at) = (d.channel_id, d.message_id, d.sent_at)
returning s.id;

-- name: restore_signal
-- Show a signal again. Where Telegram would not have it withdrawn, Telegram decides from here on.
with decided as (
  update messages m
     set decision = case
           when signal_status(m.kind, m.deleted_at, null) <> 'active' then 'restored'
         end
    from tp_capital_signals s
   where s.id = %(id)s
     and (m.channel_id, m.message_id) = (s.channel_id, s.message_id)
  returning m.channel_id, m.message_id, m.sent_at, m.kind, m.deleted_at, m.decision
)
update tp_capital_signals s
   set status = signal_status(d.kind, d.deleted_at, d.decision), updated_at = now()
  from decided d
 where (s.channel_id, s.message_id, s.sent_at) = (d.channel_id, d.message_id, d.sent_at)
returning s.id;

-- name: delete_some_signals
-- Take up to 2,000 signals off the list, and tell how many. Locks in the order of the keys.
with shown as materialized (
  select m.channel_id, m.message_id
    from messages m
   where exists (
           select
             from tp_capital_signals s
            where (s.channel_id, s.message_id, s.sent_at)
                = (m.channel_id, m.message_id, m.sent_at)
              and s.status = 'active')
   order by m.channel_id, m.message_id
   limit 2000
     for update of m
), decided as (
  update messages m
     set decision = 'deleted'
    from shown
   where (m.channel_id, m.message_id) = (shown.channel_id, shown.message_id)
  returning m.channel_id, m.message_id, m.sent_at
), withdrawn as (
  update tp_capital_signals s
     set status = 'withdrawn', updated_at = now()
    from decided d
   where (s.channel_id, s.message_id, s.sent_at) = (d.channel_id, d.message_id, d.sent_at)
  returning s.id
)
select count(*) from withdrawn;

-- name: select_channels
-- The channels that signals came from.
select channel, count(*)::text, max(ts)::text
  from tp_capital_signals
 where status = 'active'
 group by channel
 order by count(*) desc, channel;

-- name: select_messages
-- Messages, newest first, in the columns of the old forwarded_messages and its reader's own.
select m.id, m.channel_id::text, m.message_id::text, m.text, m.sent_at, m.photos::text,
       m.first_seen_at, (extract(epoch from m.sent_at) * 1000)::bigint, m.channel_id::text,
       (select c.label
          from telegram_channels c
         where c.channel_id = m.channel_id and c.status <> 'deleted'
         order by c.updated_at desc
         limit 1),
       m.first_seen_at, m.edited_at, m.deleted_at, m.kind, m.revision
  from messages m
 where m.revision > 0
   and (%(channel)s::bigint is null or m.channel_id = %(channel)s)
   and (%(from)s::timestamptz is null or m.sent_at >= %(from)s)
   and (%(to)s::timestamptz is null or m.sent_at <= %(to)s)
 order by m.sent_at desc, m.id desc
 limit %(limit)s;

-- name: select_telegram_channels
-- The registered channels that are not deleted, the last changed first.
select id, label, channel_id::text, channel_type, description, status, signal_count, last_signal,
       created_at, updated_at
  from telegram_channels
 where status <> 'deleted'
 order by updated_at desc, id;

-- name: insert_telegram_channel
-- Register a channel; the id is new, so that a repetition changes nothing.
insert into telegram_channels (id, label, channel_id, channel_type, description)
values (%(id)s, %(label)s, %(channel_id)s, %(channel_type)s, %(description)s)
on conflict (id) do nothing
returning id;

-- name: update_telegram_channel
-- Change what is not null.
update telegram_channels
   set label = coalesce(%(label)s, label),
       channel_id = coalesce(%(channel_id)s, channel_id),
       channel_type = coalesce(%(channel_type)s, channel_type),
       description = coalesce(%(description)s, description),
       status = coalesce(%(status)s, status),
       signal_count = coalesce(%(signal_count)s, signal_count),
       last_signal = coalesce(%(last_signal)s, last_signal),
       updated_at = clock_timestamp()
 where id = %(id)s
returning id;

-- name: delete_telegram_channel
-- Take a channel off the list.
update telegram_channels
   set status = 'deleted', updated_at = clock_timestamp()
 where id = %(id)s and status <> 'deleted'
returning id;

-- name: select_telegram_bots
-- The registered bots that are not deleted, the last changed first.
select id, username, token, bot_type, description, status, created_at, updated_at,
       token_fingerprint
  from telegram_bots
 where status <> 'deleted'
 order by updated_at desc, id;

-- name: insert_telegram_bot
-- Register a bot; the id is new, so that a repetition changes nothing.
insert into telegram_bots (id, username, token_fingerprint, token_last4, bot_type, description)
values (%(id)s, %(username)s, %(token_fingerprint)s, %(token_last4)s, %(bot_type)s,
        %(description)s)
on conflict (id) do nothing
returning id;

-- name: update_telegram_bot
-- Change what is not null.
update telegram_bots
   set username = coalesce(%(username)s, username),
       token_fingerprint = coalesce(%(token_fingerprint)s, token_fingerprint),
       token_last4 = coalesce(%(token_last4)s, token_last4),
       bot_type = coalesce(%(bot_type)s, bot_type),
       description = coalesce(%(description)s, description),
       status = coalesce(%(status)s, status),
       updated_at = clock_timestamp()
 where id = %(id)s
returning id;

-- name: delete_telegram_bot
-- Take a bot off the list.
update telegram_bots
   set status = 'deleted', updated_at = clock_timestamp()
 where id = %(id)s and status <> 'deleted'
returning id;

-- name: record_gateway_status
-- Keep the gateway's report and its answers, and tell which requests still wait for one.
with reported as (
  insert into gateway_status (name, reported_at, report)
  values ('gateway', clock_timestamp(), %(report)s)
  on conflict (name) do update set reported_at = excluded.reported_at, report = excluded.report
), answered as (
  update gateway_requests r
     set answered_at = clock_timestamp(), answer = a.value
    from jsonb_array_elements(%(answers)s::jsonb) as a
   where r.id = (a.value ->> 'id')::bigint
     and r.answered_at is null
  returning r.id
)
select id, kind
  from gateway_requests
 where answered_at is null
   and requested_at > clock_timestamp() - interval '10 minutes'
   and id not in (select id from answered)
 order by id;

-- name: count_missing
-- How many of these messages are not in the ledger, which forgets no key.
select count(*)
  from unnest(%(channel_ids)s::bigint[], %(message_ids)s::bigint[]) as told (channel_id, message_id)
 where not exists (
   select from messages m
    where (m.channel_id, m.message_id) = (told.channel_id, told.message_id));

-- name: select_gateway_status
-- The gateway's last report and its age in seconds.
select report, extract(epoch from clock_timestamp() - reported_at)::float8
  from gateway_status
 where name = 'gateway';

-- name: request_of_gateway
-- Ask the gateway; a request of that kind that still waits serves this one too.
with known as (
  select id
    from gateway_requests
   where kind = %(kind)s
     and answered_at is null
     and requested_at > clock_timestamp() - interval '10 minutes'
   order by id desc
   limit 1
), asked as (
  insert into gateway_requests (kind)
  select %(kind)s where not exists (select from known)
  returning id
), forgotten as (
  delete from gateway_requests where requested_at < clock_timestamp() - interval '7 days'
)
select id from known union all select id from asked;

-- name: select_gateway_answer
-- What the gateway answered, if it did.
select answer from gateway_requests where id = %(id)s and answered_at is not null;

-- name: select_unread_messages
-- Messages without a signal that another parser read last, locked for this transaction.
select channel_id, message_id, text, source, edited_at, version_at, version_seq, text_sha256,
       payload_sha256
  from messages
 where revision > 0
   and kind <> 'signal'
   and parser_version <> %(parser_version)s
 order by channel_id, message_id
 limit 500
   for update;

-- name: record_readings
-- What today's parser saw in messages that are locked.
update messages m
   set kind = r.kind, reason = r.reason, parser_version = r.parser_version
  from jsonb_to_recordset(%(rows)s::jsonb) as r(
    channel_id bigint, message_id bigint, kind text, reason text, parser_version integer)
 where (m.channel_id, m.message_id) = (r.channel_id, r.message_id);

-- name: listen_to_signals
-- Hear of every transaction that changes signals.
listen tp_capital_signals;

-- name: select_snapshot
-- The oldest transaction still open: all below it are decided. And how far the log has been written,
-- and is on the disk: what lies between may be undone by a crash, and its numbers be given again.
select pg_snapshot_xmin(pg_current_snapshot())::text::bigint,
       (pg_current_wal_insert_lsn() - '0/0')::bigint,
       (pg_current_wal_flush_lsn() - '0/0')::bigint;

-- name: flush_log
-- A commit that changes nothing: with it, all of the log before it is on the disk.
select set_config('synchronous_commit', 'on', true),
       pg_logical_emit_message(true, 'tpcapital', '')::text;

-- name: select_changed_signals
-- Signals changed by the transaction `since` or later, in their order, a page after (xid, id); each
-- with its transaction. A row of a database restored elsewhere may be numbered beyond this one's
-- transactions, and is left out.
select s.changed_xid::text::bigint,
       s.id, s.ts, s.channel, s.signal_type, s.asset, s.buy_min, s.buy_max, s.target_1, s.target_2,
       s.target_final, s.stop, s.raw_message, s.source, s.ingested_at, s.created_at, s.updated_at,
       s.direction, s.targets, s.revision, s.edited_at, s.valid_until, s.status, s.message_id,
       (select c.label
          from telegram_channels c
         where c.channel_id = s.channel_id and c.status <> 'deleted'
         order by c.updated_at desc
         limit 1) as channel_label,
       s.ts || '.' || s.id as cursor
  from tp_capital_signals s
 where (s.changed_xid, s.id) > (%(xid)s::text::xid8, %(id)s::bigint)
   and s.changed_xid < pg_snapshot_xmax(pg_current_snapshot())
 order by s.changed_xid, s.id
 limit %(limit)s;
