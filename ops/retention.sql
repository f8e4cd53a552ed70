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
