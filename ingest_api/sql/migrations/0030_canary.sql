-- The canary: a message that is none, sent through the pipe each minute. One row, used again.

create table canary (
  id          smallint    primary key default 1 check (id = 1),
  number      bigint      not null,  -- the gateway's
  sent_at     timestamptz not null,  -- by the gateway's clock
  stored_at   timestamptz not null,  -- by this database's clock
  traceparent text
);

-- Takes the locks that a message takes, so that what would hold a message up holds the canary up,
-- and needs the same rights; then leaves those tables alone. ONLY: not every partition each minute.
create function record_canary(number bigint, sent_at timestamptz, traceparent text)
returns timestamptz language plpgsql as $$
declare
  stored timestamptz := clock_timestamp();
begin
  lock table only messages, only message_revisions, only tp_capital_signals in row exclusive mode;
  insert into canary as c (number, sent_at, stored_at, traceparent)
  values (record_canary.number, record_canary.sent_at, stored, record_canary.traceparent)
  on conflict (id) do update set
    number = excluded.number, sent_at = excluded.sent_at,
    stored_at = excluded.stored_at, traceparent = excluded.traceparent;
  return stored;
end
$$;
