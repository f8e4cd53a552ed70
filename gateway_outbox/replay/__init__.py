"""Files of messages as a source: Telegram Desktop's exports, the old gateway's failure queue."""
