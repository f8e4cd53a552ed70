-- What the page shows beside the list of signals.

-- name: select_overview
-- One row: the newest message and signal, the usual delay, and what came today and this week.
-- The day is São Paulo's. Imports tell nothing about the delay; 20 messages are enough for it.
select m.sent_at, m.first_seen_at, s.sent_at, s.asset, d.seconds,
       t.messages, t.signals, f.today, f.week
  from (select date_trunc('day', now() at time zone 'America/Sao_Paulo')
                 at time zone 'America/Sao_Paulo' as day) as b
  left join lateral (
         select sent_at, first_seen_at
           from messages
          where revision > 0
          order by sent_at desc
          limit 1) as m on true
  left join lateral (
         select sent_at, asset
           from tp_capital_signals
          where status = 'active'
          order by ts desc, id desc
          limit 1) as s on true
  left join lateral (
         select percentile_cont(0.5) within group (
                  order by greatest(extract(epoch from first_seen_at - sent_at), 0)) as seconds
           from (select first_seen_at, sent_at
                   from messages
                  where revision > 0
                    and sent_at > now() - interval '7 days'
                    and coalesce(source, '') not in ('import', 'replay')
                  order by sent_at desc
                  limit 20) as newest) as d on true
  left join lateral (
         select count(*) as messages, count(*) filter (where kind = 'signal') as signals
           from messages
          where revision > 0
            and sent_at >= b.day) as t on true
  left join lateral (
         select count(*) filter (where sent_at >= b.day) as today, count(*) as week
           from messages
          where kind = 'malformed'
            and deleted_at is null
            and sent_at > now() - interval '7 days') as f on true;

-- name: select_hours
-- Messages, signals and unreadable texts of each hour that has any, oldest first.
select date_trunc('hour', sent_at) as hour, count(*),
       count(*) filter (where kind = 'signal'),
       count(*) filter (where kind = 'malformed')
  from messages
 where revision > 0
   and sent_at >= %(since)s
 group by 1
 order by 1;

-- name: select_channel_activity
-- Channels that something came from since then, or that are registered, the busiest first. The
-- last activity of a channel that was silent all the time is its newest message's, by number.
with counted as (
  select channel_id, count(*) as messages, count(*) filter (where kind = 'signal') as signals,
         count(*) filter (where kind = 'malformed') as malformed, max(sent_at) as last_at
    from messages
   where revision > 0
     and sent_at >= %(since)s
   group by channel_id
), known as (
  select channel_id from counted
  union
  select channel_id from telegram_channels where status <> 'deleted'
  union
  select unnest(%(reported)s::bigint[])
)
select k.channel_id::text,
       (select t.label
          from telegram_channels t
         where t.channel_id = k.channel_id and t.status <> 'deleted'
         order by t.updated_at desc
         limit 1),
       coalesce(c.messages, 0), coalesce(c.signals, 0), coalesce(c.malformed, 0),
       coalesce(c.last_at, (
         select sent_at
           from messages n
          where n.channel_id = k.channel_id and n.revision > 0
          order by n.message_id desc
          limit 1))
  from known k
  left join counted c using (channel_id)
 order by coalesce(c.messages, 0) desc, k.channel_id
 limit 200;

-- name: select_choices
-- Types and assets of the signals since then, the most frequent first.
select signal_type, asset, count(*)
  from tp_capital_signals
 where status = 'active'
   and ts >= %(since_ms)s
 group by signal_type, asset
 order by count(*) desc
 limit 1000;

-- name: select_revisions
-- Every text of one message in the order in which they were its text, and which it has now.
select v.text, v.first_version_at, v.seen_at, v.text_sha256 = m.text_sha256, m.deleted_at
  from messages m
  join message_revisions v on (v.channel_id, v.message_id) = (m.channel_id, m.message_id)
 where m.channel_id = %(channel_id)s
   and m.message_id = %(message_id)s
 order by v.first_version_at, v.first_version_seq, v.text_sha256
 limit 100;

-- name: select_malformed
-- Texts that looked like signals and could not be read, newest first; a cursor goes on after a row.
select m.channel_id::text, m.message_id,
       (select t.label
          from telegram_channels t
         where t.channel_id = m.channel_id and t.status <> 'deleted'
         order by t.updated_at desc
         limit 1),
       m.sent_at, m.text, m.reason, m.parser_version,
       (extract(epoch from m.sent_at) * 1000000)::bigint || '.' || m.id
  from messages m
 where m.kind = 'malformed'
   and m.deleted_at is null
   and (%(before_at)s::timestamptz is null
        or (m.sent_at, m.id) < (%(before_at)s::timestamptz, %(before_id)s::bigint))
 order by m.sent_at desc, m.id desc
 limit %(limit)s;
