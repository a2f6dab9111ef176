"""Results: what came of campaigns, counted as it happens.

- `documents`: the counts of a campaign's people, by variant.
- `counting`: one more of something, in the transaction in which it is found out.
"""
