-- What the dashboard of signals asks. `$__timeFilter(column)` is Grafana's: the time that is shown.

-- name: signals_each_hour
-- purpose: active signals by hour and channel
select date_trunc('hour', sent_at) as time, channel as metric, count(*) as value
  from tp_capital.tp_capital_signals
 where status = 'active' and $__timeFilter(sent_at)
 group by 1, 2
 order by 1;

-- name: signals_by_asset
-- purpose: the assets that are named most
select asset, count(*) as signals
  from tp_capital.tp_capital_signals
 where status = 'active' and $__timeFilter(sent_at)
 group by asset
 order by signals desc, asset
 limit 15;

-- name: signals_by_channel
-- purpose: each channel with its signals
select channel, count(*) as signals, count(distinct asset) as assets, max(sent_at) as newest
  from tp_capital.tp_capital_signals
 where status = 'active' and $__timeFilter(sent_at)
 group by channel
 order by signals desc;

-- name: newest_signals
-- purpose: the last signals
select sent_at, channel, asset, direction, signal_type, buy_min, buy_max, targets, stop
  from tp_capital.tp_capital_signals
 where status = 'active' and $__timeFilter(sent_at)
 order by sent_at desc
 limit 20;

-- name: outcomes_by_channel
-- purpose: targets and stops that were told, by channel
select channel, count(*) as signals,
       count(*) filter (where outcome = 'target') as reached_target,
       count(*) filter (where outcome = 'stop') as stopped,
       count(*) filter (where outcome = 'cancelled') as cancelled
  from tp_capital.signal_outcomes
 where $__timeFilter(sent_at)
 group by channel
 order by signals desc;

-- name: outcomes
-- purpose: the same, altogether
select coalesce(outcome, 'not told') as outcome, count(*) as signals
  from tp_capital.signal_outcomes
 where $__timeFilter(sent_at)
 group by 1
 order by signals desc;
