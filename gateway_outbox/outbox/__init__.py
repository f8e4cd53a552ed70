"""The outbox: the SQLite file that every message is committed to, and all that guards it."""
