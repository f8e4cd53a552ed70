"""The gateway: owns Telegram, commits every message to the outbox, relays it to the ingest API."""
