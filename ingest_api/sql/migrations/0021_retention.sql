-- How far back each table goes since rows were dropped by age. The ledger keeps every key; so a
-- message that is delivered again after its signal was dropped must not bring the signal back.

create table retention (
  table_name text        primary key,
  horizon    timestamptz not null,  -- no row older than this is there, or may come
  policy_age interval,              -- a policy of the Community edition drops what is older
  dropped_at timestamptz not null default now()
);

-- With the path of now: whoever writes may have another one.
create function keep_horizon() returns trigger language plpgsql set search_path from current as $$
begin
  if new.sent_at < (
    select greatest(horizon, now() - policy_age)
      from retention
     where table_name = 'tp_capital_signals'
  ) then
    return null;
  end if;
  return new;
end
$$;

create trigger tp_capital_signals_horizon
before insert on tp_capital_signals
for each row execute function keep_horizon();
