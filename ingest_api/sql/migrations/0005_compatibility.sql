-- What the API before this one had beside messages and signals, with its columns and types.

create table telegram_channels (
  id           varchar(100) primary key,
  label        varchar(200) not null,
  channel_id   bigint       not null,
  channel_type varchar(50)  not null check (channel_type in ('source', 'destination')),
  description  text         not null default '',
  status       varchar(20)  not null default 'active'
               check (status in ('active', 'inactive', 'deleted')),
  signal_count integer      not null default 0,
  last_signal  timestamptz,
  created_at   timestamptz  not null default clock_timestamp(),
  updated_at   timestamptz  not null default clock_timestamp()
);

create index telegram_channels_channel_id on telegram_channels (channel_id, updated_at desc);

-- A bot's token is never here: what is kept tells one token from another, and no more.
create table telegram_bots (
  id                varchar(100) primary key,
  username          varchar(100) not null,
  token_fingerprint text         not null,  -- first 16 hex digits of its SHA-256
  token_last4       text         not null check (length(token_last4) = 4),
  token             text         not null generated always as ('********' || token_last4) stored,
  bot_type          varchar(50)  not null default 'Sender',
  description       text         not null default '',
  status            varchar(20)  not null default 'active'
                    check (status in ('active', 'inactive', 'deleted')),
  created_at        timestamptz  not null default clock_timestamp(),
  updated_at        timestamptz  not null default clock_timestamp()
);

-- What the gateway said last; every replica of the API shows it.
create table gateway_status (
  name        text        primary key,
  reported_at timestamptz not null,
  report      jsonb       not null
);

-- What the gateway is asked for, until it answers.
create table gateway_requests (
  id           bigint generated always as identity primary key,
  kind         text        not null check (kind in ('sync', 'reload')),
  requested_at timestamptz not null default clock_timestamp(),
  answered_at  timestamptz,
  answer       jsonb
);

-- The old API deletes by ingested_at; ours restores by id.
create index tp_capital_signals_ingested_at on tp_capital_signals (ingested_at);
create index tp_capital_signals_id on tp_capital_signals (id);
create index tp_capital_signals_type on tp_capital_signals (signal_type, ts desc, id desc);
