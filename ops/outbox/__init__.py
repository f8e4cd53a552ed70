"""The operator's side of the outbox: `tpcapital outbox` and `tpcapital import`."""
