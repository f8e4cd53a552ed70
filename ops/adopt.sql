-- What `tpcapital adopt` asks an old database and the new one. In braces: identifiers.

-- name: select_old_tables
-- Every table that the old system may have left, with its columns. Ours are told by what only they
-- have: a hypertable's chunks are in TimescaleDB's own schemas.
select n.nspname::text as schema, c.relname::text as name,
       array_agg(a.attname::text order by a.attnum) as columns
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
  join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
 where c.relkind in ('r', 'p')
   and n.nspname not like 'pg\_%%' and n.nspname not like '\_timescaledb%%'
   and n.nspname <> 'information_schema' and n.nspname not like '%%\_dry\_run'
   and (c.relname in ('tp_capital_signals', 'forwarded_messages', 'telegram_channels',
                      'telegram_bots')
        or (c.relname = 'messages' and n.nspname in ('forwarded_messages',
                                                     'forwarded_messages_old')))
   and not exists (select from pg_class o
                    where o.relnamespace = n.oid and o.relname = 'gateway_status'
                      and c.relname = 'telegram_channels')
 group by n.nspname, c.relname
having not array_agg(a.attname::text) && array['text_sha256', 'token_fingerprint']
 order by n.nspname, c.relname;

-- name: read_rows
-- A table's rows as texts, each with a key: its digest, and which of all equal rows it is.
select {columns}, md5(t::text) || '.' || row_number() over (partition by t::text) as "_row_key"
  from {table} t
 order by {order};

-- name: count_old_rows
-- The rows of an old table.
select count(*) as rows from {table};

-- name: lock_adoption
-- One adoption into a schema at a time; held by the session.
select pg_try_advisory_lock(hashtextextended('tpcapital adoption into ' || %(schema)s, 0)) as mine;

-- name: select_known_rows
-- Which of these rows are accounted for already.
select row_key from adopted_rows where source = %(source)s and row_key = any(%(keys)s);

-- name: note_rows
-- Account for rows.
insert into adopted_rows (source, row_key, kind, fate, reason, channel_id, message_id, old_row)
select %(source)s, r.row_key, %(kind)s, r.fate, r.reason, r.channel_id, r.message_id, r.old_row
  from jsonb_to_recordset(%(rows)s::jsonb) as r(
    row_key text, fate text, reason text, channel_id bigint, message_id bigint, old_row jsonb);

-- name: select_account
-- How many rows of each old table went which way, and why.
select source, fate, reason, count(*) as rows
  from adopted_rows
 group by source, fate, reason
 order by source, fate, count(*) desc, reason;

-- name: select_account_rows
-- The account row by row.
select source, row_key, fate, reason, channel_id, message_id, old_row::text as old_row
  from adopted_rows
 order by source, fate, reason, row_key;

-- name: adopt_message_times
-- When the old system had these messages, for those that are here since after that.
update messages m
   set first_seen_at = r.seen_at
  from jsonb_to_recordset(%(rows)s::jsonb) as r(
    channel_id bigint, message_id bigint, seen_at timestamptz)
 where (m.channel_id, m.message_id) = (r.channel_id, r.message_id)
   and r.seen_at < m.first_seen_at;

-- name: find_messages
-- The messages that old signals may be of: same channel and text, sent in the same second, or three
-- hours beside it, which is how far the old system was off when it took São Paulo's time for UTC.
select r.place, m.channel_id, m.message_id, o.hours
  from jsonb_to_recordset(%(rows)s::jsonb) as r(
    place integer, channel_id bigint, sent_at timestamptz, text_sha256 bytea)
 cross join unnest(array[0, -3, 3]) as o(hours)
  join messages m
    on m.sent_at > r.sent_at + make_interval(hours => o.hours) - interval '1 second'
   and m.sent_at < r.sent_at + make_interval(hours => o.hours) + interval '1 second'
   and m.channel_id = r.channel_id
 where m.message_id > 0
   and exists (
     select from message_revisions v
      where (v.channel_id, v.message_id, v.text_sha256)
          = (m.channel_id, m.message_id, r.text_sha256));

-- name: select_made_up
-- The next messages made up for adopted signals, with what the old system knew of the signal.
select m.channel_id, m.message_id, m.sent_at, m.text_sha256,
       s.ingested_at, s.created_at, s.source
  from adopted_rows a
  join messages m on (m.channel_id, m.message_id) = (a.channel_id, a.message_id)
  join tp_capital_signals s
    on (s.channel_id, s.message_id, s.sent_at) = (m.channel_id, m.message_id, m.sent_at)
 where a.message_id < 0 and a.kind = 'signals' and a.fate = 'kept'
   and m.deleted_at is null
   and (m.channel_id, m.message_id)
     > (%(after_channel_id)s::bigint, %(after_message_id)s::bigint)
 order by m.channel_id, m.message_id
 limit %(limit)s;

-- name: note_twins
-- Rows that were about a made-up message are about the real one.
update adopted_rows a
   set message_id = r.real_message_id, reason = replace(a.reason, %(unknown)s, '')
  from jsonb_to_recordset(%(rows)s::jsonb) as r(
    channel_id bigint, message_id bigint, real_message_id bigint)
 where (a.channel_id, a.message_id) = (r.channel_id, r.message_id)
   and a.kind = 'signals';

-- name: select_adopted_signals
-- Which of these messages have a signal from the old tables already.
select k.channel_id, k.message_id
  from jsonb_to_recordset(%(keys)s::jsonb) as k(channel_id bigint, message_id bigint)
 where (  -- asked of each by itself: joined, the whole account may be read for each batch
   select true
     from adopted_rows a
    where (a.channel_id, a.message_id) = (k.channel_id, k.message_id)
      and a.kind = 'signals' and a.fate = 'kept'
    limit 1);

-- name: select_taken_times
-- The values of ingested_at in the ten milliseconds from each of these on.
select distinct s.ingested_at
  from unnest(%(times)s::timestamptz[]) as t(at)
  join tp_capital_signals s
    on s.ingested_at >= t.at and s.ingested_at < t.at + interval '10 milliseconds';

-- name: adopt_signal_times
-- When and from where the old system had these signals.
update tp_capital_signals s
   set ingested_at = r.ingested_at,
       created_at = least(s.created_at, r.created_at),
       source = r.source
  from jsonb_to_recordset(%(rows)s::jsonb) as r(
    channel_id bigint, message_id bigint, ingested_at timestamptz, created_at timestamptz,
    source text)
  join messages m on (m.channel_id, m.message_id) = (r.channel_id, r.message_id)
 where (s.channel_id, s.message_id, s.sent_at) = (m.channel_id, m.message_id, m.sent_at);

-- name: adopt_channel
-- One registered channel; no row when its id is there already.
insert into telegram_channels (id, label, channel_id, channel_type, description, status,
                               signal_count, last_signal, created_at, updated_at)
values (%(id)s, %(label)s, %(channel_id)s::bigint, coalesce(%(channel_type)s, 'source'),
        coalesce(%(description)s, ''), coalesce(%(status)s, 'active'),
        coalesce(%(signal_count)s::integer, 0), %(last_signal)s::timestamptz,
        coalesce(%(created_at)s::timestamptz, now()), coalesce(%(updated_at)s::timestamptz, now()))
on conflict (id) do nothing
returning id;

-- name: adopt_bot
-- One registered bot without its token; no row when its id is there already.
insert into telegram_bots (id, username, token_fingerprint, token_last4, bot_type, description,
                           status, created_at, updated_at)
values (%(id)s, %(username)s, %(token_fingerprint)s, %(token_last4)s,
        coalesce(%(bot_type)s, 'Sender'), coalesce(%(description)s, ''),
        coalesce(%(status)s, 'active'), coalesce(%(created_at)s::timestamptz, now()),
        coalesce(%(updated_at)s::timestamptz, now()))
on conflict (id) do nothing
returning id;

-- name: set_schema
-- Put a table, its indexes and its sequences out of the way.
alter table {table} set schema {schema};

-- name: end_retention
-- The old system's own retention would go on dropping rows behind the account.
select remove_retention_policy(%(table)s::regclass, if_exists => true);

-- name: view_signals
-- The old table's name and columns over the new table.
create or replace view {view} as
select id, channel, signal_type, asset, buy_min, buy_max, target_1, target_2, target_final, stop,
       raw_message, source, ingested_at, ts, created_at, updated_at
  from {table}
 where status = 'active';

-- name: view_table
-- The old table's name over the new one.
create or replace view {view} as select * from {table};

-- name: select_is_community
-- Whether this is TimescaleDB's Community edition, the only one with retention policies.
select exists (select from pg_extension where extname = 'timescaledb')
       and current_setting('timescaledb.license', true) = 'timescale' as is_community;

-- name: drop_table
-- An old table that is accounted for, with the views and aggregates that the old system had on it.
drop table {table} cascade;

-- name: drop_schema
-- The schema of a dry run.
drop schema if exists {schema} cascade;

-- name: read_old_gateway
-- The old gateway's messages, whichever columns the table has, but for those deleted in it.
select row.message
  from {table} t
 cross join lateral (select to_jsonb(t) as message) as row
 where row.message ->> 'deleted_at' is null
   and coalesce(row.message ->> 'status', '') <> 'deleted'
 order by coalesce(row.message ->> 'telegram_date', row.message ->> 'received_at'),
          row.message ->> 'message_id';
