"""The audit: who did what, when, from where, and whether it succeeded; written once, never changed.

- `service` writes an event; `gql.audited` calls it for every mutation, the doors for what they take.
- `queries` lists and filters; `routes` streams it as a file.
"""
