-- Views for people. Days are those of São Paulo; a withdrawn signal counts nowhere.

create view signals_per_hour as
select date_trunc('hour', sent_at) as hour, channel, count(*) as signals,
       count(distinct asset) as assets
  from tp_capital_signals
 where status = 'active'
 group by 1, 2;

create view signals_per_day as
select (sent_at at time zone 'America/Sao_Paulo')::date as day, channel, count(*) as signals,
       count(distinct asset) as assets
  from tp_capital_signals
 where status = 'active'
 group by 1, 2;

create view signals_per_channel as
select channel, count(*) as signals, count(distinct asset) as assets,
       min(sent_at) as first_at, max(sent_at) as last_at
  from tp_capital_signals
 where status = 'active'
 group by 1;

create index tp_capital_signals_follow_ups on tp_capital_signals (channel_id, sent_at);

-- Each follow-up with the signals that it may mean: of its channel, sent before it, of the asset
-- that it names and at most 30 days old; where it names none, at most a day old.
create view follow_up_candidates as
select f.channel_id, f.message_id, m.sent_at, f.asset, f.outcome, f.target,
       s.message_id as signal_message_id, s.sent_at as signal_sent_at
  from follow_ups f
  join messages m
    on (m.channel_id, m.message_id) = (f.channel_id, f.message_id) and m.deleted_at is null
  join tp_capital_signals s
    on s.channel_id = f.channel_id
   and s.status = 'active'
   and s.sent_at < m.sent_at
   and s.sent_at >= m.sent_at - case when f.asset is null then interval '1 day'
                                     else interval '30 days' end
   and (f.asset is null or s.asset = f.asset);

-- Which signal a follow-up means: the only one that fits. A signal that ended before (its stop, its
-- final target or its end was told, and only it could be meant) fits no more. Where two fit, none
-- is taken: `signal_message_id` is null and `fits` says how many there are.
create view linked_follow_ups as
with certain as (
  select channel_id, message_id, min(signal_message_id) as signal_message_id,
         min(sent_at) as sent_at, min(outcome) as outcome, min(target) as target
    from follow_up_candidates
   group by channel_id, message_id
  having count(*) = 1
), ended as (
  select channel_id, signal_message_id, min(sent_at) as ended_at
    from certain
   where outcome in ('stop', 'cancelled') or target = 99
   group by channel_id, signal_message_id
), open as (
  select c.*
    from follow_up_candidates c
    left join ended e using (channel_id, signal_message_id)
   where e.ended_at is null or e.ended_at >= c.sent_at
), counted as (
  select channel_id, message_id, count(*) as fits,
         case count(*) when 1 then min(signal_message_id) end as signal_message_id,
         case count(*) when 1 then min(signal_sent_at) end as signal_sent_at
    from open
   group by channel_id, message_id
)
select f.channel_id, f.message_id, m.sent_at, f.asset, f.outcome, f.target,
       coalesce(c.fits, 0) as fits, c.signal_message_id, c.signal_sent_at
  from follow_ups f
  join messages m
    on (m.channel_id, m.message_id) = (f.channel_id, f.message_id) and m.deleted_at is null
  left join counted c on (c.channel_id, c.message_id) = (f.channel_id, f.message_id);

-- What became of each signal, as far as a message said so: the first of target, stop and end.
create view signal_outcomes as
select s.channel_id, s.message_id, s.sent_at, s.channel, s.asset, s.direction,
       (array_agg(l.outcome order by l.sent_at, l.message_id)
          filter (where l.outcome is not null))[1] as outcome,
       max(least(l.target, greatest(cardinality(s.targets), 1)))
         filter (where l.outcome = 'target') as best_target,
       min(l.sent_at) filter (where l.outcome = 'target') as target_at,
       min(l.sent_at) filter (where l.outcome = 'stop') as stop_at,
       min(l.sent_at) filter (where l.outcome = 'cancelled') as cancelled_at
  from tp_capital_signals s
  left join linked_follow_ups l
    on (l.channel_id, l.signal_message_id) = (s.channel_id, s.message_id)
 where s.status = 'active'
 group by s.channel_id, s.message_id, s.sent_at, s.channel, s.asset, s.direction, s.targets;

-- How often a channel's signals reached a target before their stop, of those of which one was told.
create view hit_rates as
select channel, count(*) as signals,
       count(*) filter (where outcome = 'target') as reached_target,
       count(*) filter (where outcome = 'stop') as stopped,
       count(*) filter (where outcome = 'cancelled') as cancelled,
       count(*) filter (where outcome is null) as not_told,
       round(count(*) filter (where outcome = 'target')::numeric
             / nullif(count(*) filter (where outcome in ('target', 'stop')), 0), 4) as hit_rate
  from signal_outcomes
 group by channel;
