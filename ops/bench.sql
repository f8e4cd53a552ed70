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
