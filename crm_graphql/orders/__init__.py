"""Orders: what a customer bought, or got back, and when.

- `records`: an order as a checked record of an ingestion. `apply_records` writes them and moves their
  customers' totals in the same transaction.
- `changes`: notes of orders that changed, for who follows them.
- `queries` finds, lists and counts.
"""
