"""The server of GraphQL: what speaks the protocols and runs operations. Domains never import it.

- `transports` read requests and write answers: HTTP, websockets, server-sent events, the explorer's page
  and the dashboard.
- `gateway`: who asks, what may run. `operations` finds, checks and prices documents; `rates` (in `windows`)
  bounds what a caller spends; `refusals` says why not.
- `engine` runs what may, by `executor`; `streams` share what is watched among all who watch it.
- `uvicorn`: protocol classes that let a frame go straight to its connection.
"""
