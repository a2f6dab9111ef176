"""What does no I/O: money, time, ids, pages, settings, roles."""
