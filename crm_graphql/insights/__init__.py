"""Insights: what changed for customers and campaigns in the last 30 days against the 30 before.

- `changes`: a figure then and now, whether it differs by more than chance, and how much it matters.
- `periods`: the two periods, as rules say them.
- `customers`, `returns`, `campaigns` read the figures; what takes too long to count is not told.
- `wording`: titles and sentences. `queries` puts all together, what matters most first.
"""
