-- Partition the signals by send time where TimescaleDB is there; plain PostgreSQL serves as well.
-- by_range and create_hypertable are in the Apache edition.

do $$
begin
  if exists (select from pg_extension where extname = 'timescaledb') then
    perform create_hypertable(
      'tp_capital_signals', by_range('sent_at', interval '30 days'), migrate_data => true,
      create_default_indexes => false
    );
  end if;
end
$$;
