"""The forwarder: copies of messages to the destination channel, each once."""
