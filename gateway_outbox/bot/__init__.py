"""The bot: long polling of the Bot API, and its updates as messages."""
