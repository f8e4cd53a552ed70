"""The relay: from the outbox to the ingest API, in order per channel, for as long as it takes."""
