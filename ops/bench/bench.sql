-- What the benchmark does to the database by itself.

-- name: skip_triggers
-- purpose: a table filled at once needs no notification for each of its rows
SET session_replication_role = replica;

-- name: fill_signals
-- purpose: a year and more of signals: 8 channels, 4 types, 200 assets, one of 50 withdrawn
INSERT INTO tp_capital.tp_capital_signals (
    channel, signal_type, asset, buy_min, buy_max, target_1, target_2, target_final, stop,
    raw_message, source, ingested_at, ts, channel_id, message_id, sent_at, revision, status,
    direction, targets, parser_version, version_at, version_seq, text_sha256, payload_sha256)
SELECT (-1001500000000 - n %% 8)::text,
       (ARRAY['Swing Trade', 'Day Trade', 'Scalping', 'Position'])[n / 8 %% 4 + 1],
       asset, price, price + 0.03, price + 0.2, price + 0.5, price + 1, price - 0.3,
       format(E'Swing Trade\n\nAtivo: %%s\nCompra: %%s a %%s\nAlvo 1: %%s\nAlvo 2: %%s\n'
              'Alvo final: %%s\n\nStop: %%s',
              asset, price, price + 0.03, price + 0.2, price + 0.5, price + 1, price - 0.3),
       'telegram', sent_at + interval '1 second', (extract(epoch FROM sent_at) * 1000)::bigint,
       -1001500000000 - n %% 8, n, sent_at, 1,
       CASE n %% 50 WHEN 7 THEN 'withdrawn' ELSE 'active' END,
       'buy', ARRAY[price + 0.2, price + 0.5, price + 1], 1, sent_at, n, 'x', 'x'
FROM generate_series(1, %(count)s) AS n,
     LATERAL (SELECT 'TEST' || n * 7 %% 200 AS asset, n %% 5000 / 100.0 + 1 AS price,
                     timestamptz '2025-01-01 12:00Z' + n * interval '40 seconds' AS sent_at) AS one;

-- name: vacuum_signals
-- purpose: what autovacuum would have done by the time that so many are there
VACUUM ANALYZE tp_capital.tp_capital_signals;

-- name: touch_signal
-- purpose: change one signal, as an edit does
UPDATE tp_capital.tp_capital_signals SET updated_at = now() WHERE message_id = %(message_id)s;

-- name: fill_messages
-- purpose: messages FIRST to LAST of COUNT, spread over the three years until now, in 20 channels:
-- three of ten are signals, one of twenty says what became of one; each with its text and signal
WITH made AS MATERIALIZED (
  SELECT n, -1001500000000 - n %% 20 AS channel_id,
         now() - (%(count)s - n)::float8 / %(count)s * interval '3 years' AS sent_at,
         'TEST' || n * 7 %% 200 AS asset, n %% 5000 / 100.0 + 1 AS price,
         CASE WHEN n %% 10 < 3 THEN 'signal' ELSE 'not_a_signal' END AS kind, n %% 20 = 19 AS tells
    FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS n
), texts AS MATERIALIZED (
  SELECT made.*, CASE
           WHEN kind = 'signal' THEN
             format(E'Swing Trade\n\nAtivo: %%s\nCompra: %%s a %%s\nAlvo 1: %%s\nAlvo 2: %%s\n'
                    'Alvo final: %%s\n\nStop: %%s', asset, price, price + 0.03, price + 0.2,
                    price + 0.5, price + 1, price - 0.3)
           WHEN tells THEN format('%%s: alvo 1 atingido, protejam o restante', asset)
           ELSE format('%%s segue aberta, volume %%s%%%% abaixo da média. Relatório da manhã: dólar em'
                       ' queda, Ibovespa em alta de 0,%%s%%%% às 10:30.', asset, n %% 97, n %% 89)
         END AS text
    FROM made
), digests AS MATERIALIZED (
  SELECT texts.*, sha256(convert_to(text || n, 'UTF8')) AS digest FROM texts
), ledger AS (
  INSERT INTO tp_capital.messages (
    channel_id, message_id, sent_at, version_at, version_seq, text_sha256, payload_sha256, text,
    photos, source, gateway_received_at, kind, parser_version, revision)
  SELECT channel_id, n, sent_at, sent_at, n, digest, digest, text, '[]', 'user', sent_at, kind, 1, 1
    FROM digests
), revisions AS (
  INSERT INTO tp_capital.message_revisions (
    channel_id, message_id, text_sha256, text, first_version_at, first_version_seq)
  SELECT channel_id, n, digest, text, sent_at, n FROM digests
)
INSERT INTO tp_capital.tp_capital_signals (
    channel, signal_type, asset, buy_min, buy_max, target_1, target_2, target_final, stop,
    raw_message, source, ingested_at, ts, channel_id, message_id, sent_at, revision, status,
    direction, targets, parser_version, version_at, version_seq, text_sha256, payload_sha256)
SELECT channel_id::text, (ARRAY['Swing Trade', 'Day Trade', 'Scalping', 'Position'])[n / 20 %% 4 + 1],
       asset, price, price + 0.03, price + 0.2, price + 0.5, price + 1, price - 0.3,
       text, 'user', sent_at + interval '1 second', (extract(epoch FROM sent_at) * 1000)::bigint,
       channel_id, n, sent_at, 1, 'active', 'buy', ARRAY[price + 0.2, price + 0.5, price + 1], 1,
       sent_at, n, digest, digest
  FROM digests
 WHERE kind = 'signal';

-- name: vacuum_all
-- purpose: what autovacuum would have done by the time that so many are there
VACUUM ANALYZE;

-- name: select_bytes
-- purpose: all bytes of each large table with its indexes and chunks
SELECT c.relname AS name,
       (pg_total_relation_size(c.oid) + coalesce(
         (SELECT sum(pg_total_relation_size(inhrelid)) FROM pg_inherits WHERE inhparent = c.oid), 0
       ))::bigint AS bytes
  FROM pg_class c
 WHERE c.relnamespace = 'tp_capital'::regnamespace
   AND c.relname IN ('messages', 'message_revisions', 'tp_capital_signals', 'follow_ups')
 ORDER BY bytes DESC;
