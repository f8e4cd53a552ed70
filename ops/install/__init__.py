"""Installation and upgrade: `tpcapital install`, `uninstall`, `upgrade` and `as-service`."""
