"""Every sentence that says no to a person at the command line, each provoked once."""
