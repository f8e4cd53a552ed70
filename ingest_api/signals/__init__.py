"""Signals and messages as they are read: lists, files, the stream, and what was not understood."""
