"""The ingest API: parses messages and upserts them into TimescaleDB, and serves what it stored."""
