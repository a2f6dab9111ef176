"""Customers: who they are, what they spent, how they can be reached.

- `records`: a customer as a checked record of an ingestion. `apply_records` writes them, each field by its
  own version, whatever order they come in.
- `totals`: spend and visits as they move with orders and opening balances, exactly.
- `derived`: the fields that rules and search read: folded texts, and which addresses there are.
- `service` makes and edits them for people; `edits` are what these give, `values` the checks that edits and
  files share. `changes` keeps who changed what.
- `erased` knows who was erased: see the package `erasure`.
- `queries` finds, lists and counts.
"""
