-- Signals as a feed. Each change carries its transaction's number: a reader that has seen all below
-- the oldest transaction still open has seen them without a hole, in whichever order they commit.

alter table tp_capital_signals
  add column changed_xid xid8 not null default pg_current_xact_id();

create index tp_capital_signals_changed_xid on tp_capital_signals (changed_xid, id);

create function stamp_signal() returns trigger language plpgsql as $$
begin
  new.changed_xid := pg_current_xact_id();
  perform pg_notify('tp_capital_signals', '');  -- sent once a transaction, with its commit
  return new;
end
$$;

create trigger tp_capital_signals_stamp
before insert or update on tp_capital_signals
for each row execute function stamp_signal();
