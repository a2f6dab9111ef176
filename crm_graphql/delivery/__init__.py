"""Delivery: the ledger of who gets what, the senders, the vendors and their receipts.

- `planner` writes the ledger under its `planning_lease`; `ranges` are claimed by `sender`, which hands them
  over (`handover`) to the vendor that `vendors.choose` names, with a `backoff` for each. `rendering`: the
  text.
- `receipts`, `routes` and the doors of `webhooks` take what vendors say; `writer` merges it into one
  transaction a flush (`campaign_locks`, `row_updates`); `ledger` is the state machine, pure.
- `reconcile` puts forgotten work back. `queries` reads the ledger, by id, in pages, and since a cursor.
"""
