"""The outbox: the SQLite file that every received message is committed to, and all that guards it."""
