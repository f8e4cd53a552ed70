"""Every sentence that says no at the command line or over HTTP, each provoked once."""
