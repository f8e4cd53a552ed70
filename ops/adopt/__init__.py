"""The database of the system before this one, taken over: `tpcapital adopt`."""
