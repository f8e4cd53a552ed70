"""The operator's side of the database: `tpcapital db`."""
