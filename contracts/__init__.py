"""What crosses the wire between the gateway and the ingest API, and what both must do alike."""
