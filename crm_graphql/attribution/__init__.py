"""Attribution: which campaign an order counts for, and what those bought who were held out.

- `windows`: the rules, pure. `estimates`: the statistics of two arms, pure.
- `recount`: orders counted as they are now, in place of what they were counted as before.
- `following`: a bounded job that hears of orders and ledgers that changed, and has them counted again.
- `queries`: sums and estimates by campaign, read from a few documents.
"""
