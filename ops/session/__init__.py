"""The operator's side of the user session: `tpcapital login`, `logout` and `session`."""
