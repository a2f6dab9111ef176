"""The processes that do the queued work."""
