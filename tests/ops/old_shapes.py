"""The tables of the old system, in each of the shapes that it had."""

WORKING = """
create schema signals;
create table signals.tp_capital_signals (
  id serial, channel text not null, signal_type text not null, asset text not null,
  buy_min numeric(12,2), buy_max numeric(12,2), target_1 numeric(12,2), target_2 numeric(12,2),
  target_final numeric(12,2), stop numeric(12,2), raw_message text not null,
  source text not null default 'telegram', ingested_at timestamptz not null default now(),
  ts bigint not null, created_at timestamptz not null default now(),
  updated_at timestamptz not null default now());
create index on signals.tp_capital_signals (asset, ingested_at desc);
create view signals.recent_signals as select asset, stop from signals.tp_capital_signals;
create table signals.forwarded_messages (
  id serial, channel_id text not null, message_id bigint not null, message_text text,
  original_timestamp timestamptz not null, photos text, received_at timestamptz default now(),
  primary key (id, original_timestamp), unique (channel_id, message_id, original_timestamp));
create table signals.telegram_channels (
  id varchar(100) primary key, label varchar(200) not null, channel_id bigint not null,
  channel_type varchar(50) not null default 'source', description text,
  status varchar(20) not null default 'active', signal_count integer default 0,
  last_signal timestamptz, created_at timestamptz default '2025-10-01',
  updated_at timestamptz default '2025-10-01');
insert into signals.telegram_channels (id, label, channel_id, status) values
  ('ch_1', 'TP Capital', -1001234567890, 'active'), ('ch_2', 'Mesa', -1009876543210, 'deleted');
create table signals.telegram_bots (
  id varchar(100) primary key, username varchar(100) not null, token text not null,
  bot_type varchar(50) not null default 'Sender', description text,
  status varchar(20) not null default 'active', created_at timestamptz default '2025-10-01',
  updated_at timestamptz default '2025-10-01');
insert into signals.telegram_bots (id, username, token) values
  ('bot-1', 'mesa_bot', '123456:a-token-that-opens-nothing'), ('bot-2', 'vazio_bot', '');
"""
COMPOSE = """
create schema signals;
create schema forwarded_messages;
create table signals.tp_capital_signals (
  id serial, channel text not null, signal_type text not null, asset text not null,
  buy_min numeric(12,2), buy_max numeric(12,2), target_1 numeric(12,2), target_2 numeric(12,2),
  target_final numeric(12,2), stop numeric(12,2), raw_message text not null,
  source text not null default 'telegram', ingested_at timestamptz not null default now(),
  ts bigint not null, created_at timestamptz not null default now(),
  updated_at timestamptz not null default now());
create table forwarded_messages.messages (
  id serial, channel_id text not null, message_id bigint not null, text text, photo_id text,
  video_id text, file_id text, media_type text, original_timestamp timestamptz not null,
  forwarded_at timestamptz not null default now(), metadata jsonb,
  unique (channel_id, message_id, original_timestamp, forwarded_at));
"""
OLDEST = """
create schema tp_capital;
create table tp_capital.tp_capital_signals (
  id uuid default gen_random_uuid(), ts timestamptz not null, channel text, signal_type text,
  asset text not null, buy_min numeric(18,6), buy_max numeric(18,6), target_1 numeric(18,6),
  target_2 numeric(18,6), target_final numeric(18,6), stop numeric(18,6), raw_message text,
  source text default 'telegram', ingested_at timestamptz not null default now(),
  created_at timestamptz not null default now(), updated_at timestamptz not null default now(),
  primary key (id, ts));
create table tp_capital.forwarded_messages (
  id serial primary key, ts timestamptz not null, source_channel_id text not null,
  source_channel_name text, message_id bigint, message_text text, image_url text,
  image_width integer, image_height integer, destination_channel_id text, forward_method text,
  forwarded_at timestamptz not null default now());
"""
HYPERTABLES = {
    WORKING: (
        ("signals.tp_capital_signals", "ingested_at"),
        ("signals.forwarded_messages", "original_timestamp"),
    ),
    COMPOSE: (
        ("signals.tp_capital_signals", "ingested_at"),
        ("forwarded_messages.messages", "forwarded_at"),
    ),
    OLDEST: (("tp_capital.tp_capital_signals", "ts"),),
}
