-- Trade signals: of each message the newest version that parses as one. Written only under the
-- lock of the message's row in the ledger, and with the ledger's sent_at.

create table tp_capital_signals (
  id             bigint generated always as identity,
  channel        text        not null,  -- the chat id as text
  signal_type    text        not null,
  asset          text        not null,
  buy_min        numeric,
  buy_max        numeric,
  target_1       numeric,
  target_2       numeric,
  target_final   numeric,
  stop           numeric,
  raw_message    text        not null,
  source         text        not null,
  ingested_at    timestamptz not null,  -- differs from row to row: the old API deletes by it
  ts             bigint      not null,  -- sent_at in milliseconds since 1970
  created_at     timestamptz not null default now(),
  updated_at     timestamptz not null default now(),

  channel_id     bigint      not null,
  message_id     bigint      not null,
  sent_at        timestamptz not null,
  revision       integer     not null,
  status         text        not null check (status in ('active', 'withdrawn')),
  direction      text        not null,
  targets        numeric[]   not null,  -- all targets in the order of the text, the final one last
  valid_until    text,
  edited_at      timestamptz,
  parser_version integer     not null,
  version_at     timestamptz not null,
  version_seq    bigint      not null,
  text_sha256    bytea       not null,
  payload_sha256 bytea       not null,
  primary key (channel_id, message_id, sent_at)
);

create index tp_capital_signals_ts on tp_capital_signals (ts desc, id desc);
create index tp_capital_signals_channel on tp_capital_signals (channel, ts desc);
create index tp_capital_signals_asset on tp_capital_signals (asset, ts desc);
