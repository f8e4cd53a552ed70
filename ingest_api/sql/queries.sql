-- What is written of messages and signals, and what the service itself asks; compatibility.sql has
-- the rest. Parameters are psycopg's; a batch is one jsonb array, because one text then serves every
-- size and type of batch and stays prepared.
--
-- How concurrent batches stay consistent: a new message is one row in the ledger, which only one
-- writer can insert, and all else about it is written in the same statement. For known messages
-- `record_messages` locks the ledger's row of every message it is given, in the order of the keys,
-- also of those it leaves unchanged (ON CONFLICT DO UPDATE locks before it looks at its WHERE).
-- Whatever else is written about a message in that transaction happens under this lock.

-- name: record_new_messages
-- Store messages not known yet, each with its text and its signal, and tell which they were.
-- A transaction of its own in one round trip; messages that are known are left to the statements
-- below. Every message may be in `rows` only once.
with incoming as materialized (
  select row_number() over () as ordinal, r.*
    from jsonb_to_recordset(%(rows)s::jsonb) as r(
      channel_id bigint, message_id bigint, sent_at timestamptz,
      version_at timestamptz, version_seq bigint, text_sha256 bytea, payload_sha256 bytea,
      text text, edited_at timestamptz, photos jsonb, media_type text, album_id text,
      origin_name text, source text, gateway_received_at timestamptz, traceparent text,
      kind text, reason text, parser_version integer,
      signal_type text, asset text, direction text, buy_min numeric, buy_max numeric,
      target_1 numeric, target_2 numeric, target_final numeric, stop numeric, targets numeric[],
      valid_until text)
), created as (
  insert into messages (
    channel_id, message_id, sent_at, version_at, version_seq, text_sha256, payload_sha256,
    text, edited_at, photos, media_type, album_id, origin_name, source, gateway_received_at,
    traceparent, kind, reason, parser_version, revision)
  select channel_id, message_id, sent_at, version_at, version_seq, text_sha256, payload_sha256,
         text, edited_at, photos, media_type, album_id, origin_name, source, gateway_received_at,
         traceparent, kind, reason, parser_version, 1
    from incoming
   order by channel_id, message_id
  on conflict (channel_id, message_id) do nothing
  returning channel_id, message_id
), texts as (
  insert into message_revisions (
    channel_id, message_id, text_sha256, text, first_version_at, first_version_seq)
  select channel_id, message_id, text_sha256, text, version_at, version_seq
    from incoming
    join created using (channel_id, message_id)
), signals as (
  insert into tp_capital_signals (
    channel, signal_type, asset, buy_min, buy_max, target_1, target_2, target_final, stop,
    raw_message, source, ingested_at, ts, channel_id, message_id, sent_at, revision, status,
    direction, targets, valid_until, edited_at, parser_version,
    version_at, version_seq, text_sha256, payload_sha256)
  select channel_id::text, signal_type, asset, buy_min, buy_max, target_1, target_2, target_final,
         stop, text, coalesce(source, 'telegram'),
         clock_timestamp() + ordinal * interval '1 microsecond',
         (extract(epoch from sent_at) * 1000)::bigint, channel_id, message_id, sent_at, 1, 'active',
         direction, targets, valid_until, edited_at, parser_version,
         version_at, version_seq, text_sha256, payload_sha256
    from incoming
    join created using (channel_id, message_id)
   where kind = 'signal'
  on conflict do nothing  -- a row whose message an operator took out of the ledger
)
select channel_id, message_id from created;

-- name: record_messages
-- Put the newest version of each message into the ledger and keep every text not seen yet.
-- A row with `created` not null is a message written; one with `text_sha256` a text added.
with incoming as materialized (
  select *
    from jsonb_to_recordset(%(rows)s::jsonb) as r(
      channel_id bigint, message_id bigint, sent_at timestamptz,
      version_at timestamptz, version_seq bigint, text_sha256 bytea, payload_sha256 bytea,
      text text, edited_at timestamptz, photos jsonb, media_type text, album_id text,
      origin_name text, source text, gateway_received_at timestamptz, traceparent text,
      kind text, reason text, parser_version integer, is_newest boolean, is_text boolean)
), ledger as (
  insert into messages as m (
    channel_id, message_id, sent_at, version_at, version_seq, text_sha256, payload_sha256,
    text, edited_at, photos, media_type, album_id, origin_name, source, gateway_received_at,
    traceparent, kind, reason, parser_version, revision)
  select channel_id, message_id, sent_at, version_at, version_seq, text_sha256, payload_sha256,
         text, edited_at, photos, media_type, album_id, origin_name, source, gateway_received_at,
         traceparent, kind, reason, parser_version, 1
    from incoming
   where is_newest
   order by channel_id, message_id
  on conflict (channel_id, message_id) do update set
    -- A row with revision 0 is a deletion that came first: its message is created only now.
    sent_at = case m.revision when 0 then excluded.sent_at else m.sent_at end,
    first_seen_at = case m.revision when 0 then now() else m.first_seen_at end,
    revision = greatest(m.revision, 1),
    version_at = excluded.version_at,
    version_seq = excluded.version_seq,
    text_sha256 = excluded.text_sha256,
    payload_sha256 = excluded.payload_sha256,
    text = excluded.text,
    edited_at = excluded.edited_at,
    photos = excluded.photos,
    media_type = excluded.media_type,
    album_id = excluded.album_id,
    origin_name = excluded.origin_name,
    source = excluded.source,
    gateway_received_at = excluded.gateway_received_at,
    traceparent = excluded.traceparent,
    kind = excluded.kind,
    reason = excluded.reason,
    parser_version = excluded.parser_version,
    replaced_sha256 = case m.revision when 0 then null else m.text_sha256 end,
    last_seen_at = now()
  where (excluded.version_at, excluded.version_seq, excluded.text_sha256, excluded.payload_sha256)
      > (m.version_at, m.version_seq, m.text_sha256, m.payload_sha256)
  returning channel_id, message_id, replaced_sha256 is null as created,
            replaced_sha256 <> text_sha256 as changed
), texts as (
  insert into message_revisions as v (
    channel_id, message_id, text_sha256, text, first_version_at, first_version_seq)
  select channel_id, message_id, text_sha256, text, version_at, version_seq
    from incoming
   where is_text
     and (select count(*) from ledger) >= 0  -- only once every row of the ledger is locked
   order by channel_id, message_id, text_sha256
  on conflict (channel_id, message_id, text_sha256) do update set
    text = excluded.text,
    first_version_at = excluded.first_version_at,
    first_version_seq = excluded.first_version_seq
  where (excluded.first_version_at, excluded.first_version_seq, excluded.text collate "C")
      < (v.first_version_at, v.first_version_seq, v.text collate "C")
  returning channel_id, message_id, text_sha256, xmax = 0 as added
)
select channel_id, message_id, created, changed, null::bytea as text_sha256 from ledger
union all
select channel_id, message_id, null, null, text_sha256 from texts where added;

-- name: count_revisions
-- Bring `revision` in line with the texts kept, and tell where messages known before stand now.
-- A statement of its own: it must see what others committed while `record_messages` waited.
with counted as (
  select k.channel_id, k.message_id, count(*)::integer as revision
    from jsonb_to_recordset(%(keys)s::jsonb) as k(channel_id bigint, message_id bigint)
    join message_revisions v on (v.channel_id, v.message_id) = (k.channel_id, k.message_id)
   group by k.channel_id, k.message_id
), grown as (
  update messages m
     set revision = counted.revision
    from counted
   where (m.channel_id, m.message_id) = (counted.channel_id, counted.message_id)
     and m.revision <> counted.revision
  returning m.channel_id, m.message_id, m.sent_at, m.revision
), shown as (
  update tp_capital_signals s
     set revision = grown.revision
    from grown
   where (s.channel_id, s.message_id, s.sent_at)
       = (grown.channel_id, grown.message_id, grown.sent_at)
)
select m.channel_id, m.message_id, counted.revision, m.text_sha256, m.kind
  from counted
  join messages m on (m.channel_id, m.message_id) = (counted.channel_id, counted.message_id);

-- name: record_signals
-- Of each message keep the newest version that is a signal, active while it is the message's text.
-- The send time is the ledger's: it is part of the key, and deliveries may differ in it.
insert into tp_capital_signals as s (
  channel, signal_type, asset, buy_min, buy_max, target_1, target_2, target_final, stop,
  raw_message, source, ingested_at, ts, channel_id, message_id, sent_at, revision, status,
  direction, targets, valid_until, edited_at, parser_version,
  version_at, version_seq, text_sha256, payload_sha256)
select r.channel_id::text, r.signal_type, r.asset, r.buy_min, r.buy_max, r.target_1, r.target_2,
       r.target_final, r.stop, r.text, coalesce(r.source, 'telegram'),
       clock_timestamp() + row_number() over () * interval '1 microsecond',
       (extract(epoch from m.sent_at) * 1000)::bigint,
       m.channel_id, m.message_id, m.sent_at, m.revision,
       signal_status(m.kind, m.deleted_at, m.decision),
       r.direction, r.targets, r.valid_until, r.edited_at, r.parser_version,
       r.version_at, r.version_seq, r.text_sha256, r.payload_sha256
  from jsonb_to_recordset(%(rows)s::jsonb) as r(
    channel_id bigint, message_id bigint, text text, source text, edited_at timestamptz,
    version_at timestamptz, version_seq bigint, text_sha256 bytea, payload_sha256 bytea,
    parser_version integer, signal_type text, asset text, direction text,
    buy_min numeric, buy_max numeric, target_1 numeric, target_2 numeric, target_final numeric,
    stop numeric, targets numeric[], valid_until text)
  join messages m on (m.channel_id, m.message_id) = (r.channel_id, r.message_id)
 order by m.channel_id, m.message_id
on conflict (channel_id, message_id, sent_at) do update set
  signal_type = excluded.signal_type,
  asset = excluded.asset,
  buy_min = excluded.buy_min,
  buy_max = excluded.buy_max,
  target_1 = excluded.target_1,
  target_2 = excluded.target_2,
  target_final = excluded.target_final,
  stop = excluded.stop,
  raw_message = excluded.raw_message,
  source = excluded.source,
  updated_at = now(),
  revision = excluded.revision,
  status = excluded.status,
  direction = excluded.direction,
  targets = excluded.targets,
  valid_until = excluded.valid_until,
  edited_at = excluded.edited_at,
  parser_version = excluded.parser_version,
  version_at = excluded.version_at,
  version_seq = excluded.version_seq,
  text_sha256 = excluded.text_sha256,
  payload_sha256 = excluded.payload_sha256
where (excluded.version_at, excluded.version_seq, excluded.text_sha256, excluded.payload_sha256)
    > (s.version_at, s.version_seq, s.text_sha256, s.payload_sha256)
returning signal_type;

-- name: settle_signals
-- Withdraw or bring back the signals of messages, as their rows in the ledger now ask.
update tp_capital_signals s
   set status = signal_status(m.kind, m.deleted_at, m.decision), updated_at = now()
  from jsonb_to_recordset(%(keys)s::jsonb) as k(channel_id bigint, message_id bigint)
  join messages m on (m.channel_id, m.message_id) = (k.channel_id, k.message_id)
 where (s.channel_id, s.message_id, s.sent_at) = (m.channel_id, m.message_id, m.sent_at)
   and s.status <> signal_status(m.kind, m.deleted_at, m.decision);

-- name: record_deletions
-- Mark messages as deleted and tell which were not before. One that is not known yet gets a
-- placeholder, older than any version. Locks every row it is given, in the order of the keys.
insert into messages as m (
  channel_id, message_id, sent_at, version_at, version_seq, text_sha256, payload_sha256,
  text, photos, kind, parser_version, revision, deleted_at)
select channel_id, message_id, sent_at, '-infinity', -1, '', '',
       '', '[]', 'not_a_signal', 0, 0, deleted_at
  from jsonb_to_recordset(%(rows)s::jsonb) as r(
    channel_id bigint, message_id bigint, sent_at timestamptz, deleted_at timestamptz)
 order by channel_id, message_id
on conflict (channel_id, message_id) do update set
  deleted_at = excluded.deleted_at
where m.deleted_at is null
returning channel_id, message_id;

-- name: advance_deletions
-- Keep the earliest time of each deletion, and tell how many texts the messages have.
with deleted as materialized (
  select *
    from jsonb_to_recordset(%(rows)s::jsonb) as r(
      channel_id bigint, message_id bigint, deleted_at timestamptz)
), earlier as (
  update messages m
     set deleted_at = d.deleted_at
    from deleted d
   where (m.channel_id, m.message_id) = (d.channel_id, d.message_id)
     and m.deleted_at > d.deleted_at
)
select m.channel_id, m.message_id, m.revision
  from deleted d
  join messages m on (m.channel_id, m.message_id) = (d.channel_id, d.message_id);

-- name: record_canary
-- Commit the canary, where a message would be committed; the time that the database has.
select record_canary(%(number)s, %(sent_at)s, %(traceparent)s);

-- name: select_health
-- Whether the database answers, and whether it may be written: a standby may not.
select current_setting('transaction_read_only') = 'off' as is_writable;

-- name: select_wal_place
-- The end of what is committed here, as a place in the write-ahead log.
select case when pg_is_in_recovery() then pg_last_wal_replay_lsn()
            else pg_current_wal_flush_lsn() end::text;

-- name: select_has_replayed
-- Whether this standby has all up to a place of its primary's. What is no standby is believed.
select not pg_is_in_recovery() or pg_last_wal_replay_lsn() >= %(place)s::pg_lsn;

-- name: lock_migrations
-- One program at a time migrates this schema; the others wait here. Held by the session.
select pg_advisory_lock(hashtextextended('tpcapital migrations of ' || %(schema)s, 0));

-- name: select_has_migrations
-- Whether the schema has a table of migrations.
select to_regclass(format('%%I.schema_migrations', %(schema)s::text)) is not null;

-- name: create_migrations
-- What has been applied, with the checksum of the file as it was.
create table if not exists schema_migrations (
  version    integer     primary key,
  name       text        not null,
  sha256     text        not null,
  applied_at timestamptz not null default now()
);

-- name: select_migrations
-- The migrations applied so far.
select version, name, sha256 from schema_migrations order by version;

-- name: insert_migration
-- Note a migration as applied.
insert into schema_migrations (version, name, sha256) values (%(version)s, %(name)s, %(sha256)s);

-- name: select_extension
-- Whether TimescaleDB is installed here or could be, and in which schema it is.
select a.name is not null as available, n.nspname as schema
  from (select 1) as one
  left join pg_available_extensions a on a.name = 'timescaledb'
  left join pg_extension e on e.extname = 'timescaledb'
  left join pg_namespace n on n.oid = e.extnamespace;

-- name: create_extension
-- TimescaleDB, where the server has it and we may.
create extension if not exists timescaledb;
