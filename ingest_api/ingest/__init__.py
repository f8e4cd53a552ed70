"""The way in: from the gateway's bytes to committed rows."""
