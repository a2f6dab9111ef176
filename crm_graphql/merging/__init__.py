"""Merging: two customers who are one person become one.

- `service` merges in one transaction: from then on all keys of both lead to one customer, with exact totals.
- `moving`: what lies under the former id follows in bounded pieces; until then it is read under both ids.
- `reconcile` goes on where a process died, and looks once more for what was being written at that moment.
"""
