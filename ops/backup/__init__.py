"""Backups and restores: `tpcapital backup` and `tpcapital restore`."""
