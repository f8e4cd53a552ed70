"""The operator's side of the channels: `tpcapital channels` and `tpcapital backfill`."""
