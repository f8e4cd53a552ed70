-- Rows dropped by age. In braces: identifiers and, where it says so, one of our own conditions.

-- name: lock_retention
-- One retention of a schema at a time; held by the session.
select pg_try_advisory_lock(hashtextextended('tpcapital retention of ' || %(schema)s, 0)) as mine;

-- name: select_is_hypertable
-- Whether the table has chunks that can be dropped whole.
select exists (
  select from timescaledb_information.hypertables
   where hypertable_schema = %(schema)s and hypertable_name = %(table)s) as is_hypertable;

-- name: select_chunk_horizon
-- The end of the newest chunk that lies wholly before the cut-off; null when there is none.
select max(range_end) as horizon
  from timescaledb_information.chunks
 where hypertable_schema = %(schema)s and hypertable_name = %(table)s
   and range_end <= %(cutoff)s;

-- name: advance_horizon
-- From now on no older row may come. A horizon never moves back.
insert into retention as r (table_name, horizon) values (%(table)s, %(horizon)s)
on conflict (table_name) do update set
  horizon = greatest(r.horizon, excluded.horizon),
  dropped_at = now();

-- name: drop_chunks
-- Drop the chunks before the horizon; in the Apache edition too.
select count(*) as chunks
  from drop_chunks(format('%%I.%%I', %(schema)s::text, %(table)s::text)::regclass,
                   older_than => %(horizon)s::timestamptz);

-- name: select_has_policies
-- Whether this is the Community edition, which drops chunks by a policy of its own.
select current_setting('timescaledb.license', true) = 'timescale' as has_policies;

-- name: remove_policy
-- No policy any more; nothing to do where there is none.
select remove_retention_policy(
  format('%%I.%%I', %(schema)s::text, %(table)s::text)::regclass, if_exists => true);

-- name: add_policy
-- Once a day the database drops chunks that are wholly older, by itself.
select add_retention_policy(
  format('%%I.%%I', %(schema)s::text, %(table)s::text)::regclass,
  drop_after => make_interval(days => %(days)s));

-- name: note_policy
-- What the policy may drop may not come back: the trigger looks here too. Null: there is no policy.
insert into retention as r (table_name, horizon, policy_age)
values (%(table)s, '-infinity', make_interval(days => %(days)s))
on conflict (table_name) do update set policy_age = excluded.policy_age;

-- name: count_older
-- The rows that are to go.
select count(*) as rows from {table} where {time} < %(horizon)s;

-- name: select_older
-- The rows that are to go, oldest first.
select * from {table} where {time} < %(horizon)s order by {time};

-- name: delete_older
-- Some of the rows that are to go, so that no lock is held for long.
delete from {table}
 where ctid = any (array(select ctid from {table} where {time} < %(horizon)s limit %(limit)s));
