"""The move from the monolith: `tpcapital migrate-from-monolith`."""
