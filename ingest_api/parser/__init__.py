"""The signal parser: a text in, a signal or the reason why there is none out. Pure."""
