-- The signals of each channel are counted from the index alone: it holds their state, too.

drop index tp_capital_signals_channel;
create index tp_capital_signals_channel on tp_capital_signals (channel, ts desc) include (status);
