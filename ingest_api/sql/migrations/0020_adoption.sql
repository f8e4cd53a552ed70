-- The account of `tpcapital adopt`: what became of every row of the system before this one.

create table adopted_rows (
  source     text        not null,  -- the old table, by the name it had
  row_key    text        not null,  -- digest of the whole old row, and which of equal rows it is
  kind       text        not null check (kind in ('messages', 'signals', 'channels', 'bots')),
  fate       text        not null check (fate in ('kept', 'merged', 'set_aside')),
  reason     text        not null,  -- from a small set of sentences, so that it can be counted
  channel_id bigint,                -- the message that it is now, or is a duplicate of
  message_id bigint,                -- below zero: made up, because the old table had none
  old_row    jsonb,                 -- of what was set aside, so that it outlives the old table
  adopted_at timestamptz not null default now(),
  primary key (source, row_key)
);

create index adopted_rows_message on adopted_rows (channel_id, message_id, kind);
