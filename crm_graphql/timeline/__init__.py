"""Timeline: what happened with a customer, out of all that keeps it, newest first.

- `sources`: where entries come from, each with the index that it is read by, and the order over all.
- `queries` merges the sources into one list, and counts it.
"""
