-- The ledger: one row a message, whatever is delivered how often and in which order.
-- It is a plain table because a hypertable's unique keys must hold the time column.

create table messages (
  id                  bigint generated always as identity unique,
  channel_id          bigint      not null,  -- marked chat id (a channel is -100…); the original's for a copy
  message_id          bigint      not null,
  sent_at             timestamptz not null,  -- Telegram's send time, as the first delivery told it; never changes

  -- The newest version delivered so far. The four columns order versions totally:
  -- the times, the gateway's sequence, then digests, so that every arrival order ends alike.
  version_at          timestamptz not null,
  version_seq         bigint      not null,
  text_sha256         bytea       not null,  -- of the canonical text
  payload_sha256      bytea       not null,  -- of everything the delivery carried
  text                text        not null,
  edited_at           timestamptz,
  photos              jsonb       not null,
  media_type          text,
  album_id            text,
  origin_name         text,
  source              text,
  gateway_received_at timestamptz,
  traceparent         text,

  -- What the parser saw in that version's text.
  kind                text        not null check (kind in ('signal', 'not_a_signal', 'malformed')),
  reason              text,
  parser_version      integer     not null,

  revision            integer     not null,  -- distinct texts seen: the rows in message_revisions
  replaced_sha256     bytea,                 -- text_sha256 before the last write; null until the first edit
  first_seen_at       timestamptz not null default now(),
  last_seen_at        timestamptz not null default now(),
  primary key (channel_id, message_id)
);

create index messages_sent_at on messages (sent_at desc);

-- Every distinct text that a message ever had.
create table message_revisions (
  channel_id        bigint      not null,
  message_id        bigint      not null,
  text_sha256       bytea       not null,
  text              text        not null,
  first_version_at  timestamptz not null,  -- the oldest version delivered with this text
  first_version_seq bigint      not null,
  seen_at           timestamptz not null default now(),
  primary key (channel_id, message_id, text_sha256)
);

-- What readers of the system before this one selected from.
create view forwarded_messages as
select id,
       channel_id::text as channel_id,
       message_id,
       text             as message_text,
       sent_at          as original_timestamp,
       photos::text     as photos,
       first_seen_at    as received_at
  from messages;
