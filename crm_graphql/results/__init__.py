"""Results: what came of campaigns, counted as it happens.

- `documents`: the counts of a campaign's people, by variant.
- `counting`: one more of something, in the transaction in which it is found out.
- `points`: what happened in which step of time, for charts.
- `queries`: the counts of campaigns, read together.
"""
