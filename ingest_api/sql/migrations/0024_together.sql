-- An asset is mostly one channel's, and a channel's signals mostly of one type. Taken as independent,
-- few rows are expected for all three, and all of an asset's are read and sorted for one page.

create statistics tp_capital_signals_together (dependencies)
  on channel, asset, signal_type from tp_capital_signals;
