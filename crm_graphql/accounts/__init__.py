"""Accounts: who may come in by users, sessions, access tokens, API keys, and how each of them ends.

- `authentication`: the one way from an Authorization header to an actor; every door goes through it.
- `tokens`: access tokens (JWT), checked without the database. `sessions`: a signed-in device with its refresh
  tokens. `api_keys`: for machines.
- `revocations`: what has ended since, in memory, so that a revoked session or key is out within a second.
- `sign_in`, `registration`, `links`, `google`: the ways to get a session or a password. `passwords` and
  `throttle` stand before them.
- `users`: inviting, changing, deactivating; the last active admin stays.
"""
