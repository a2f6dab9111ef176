"""GraphQL for the author of a schema; it knows no server.

- `permission`: decorators of root fields, with what each asks of its caller; `audited` records every
  mutation.
- `node`: types that are found again by id. `connections`, `loaders`, `selection`: pages, and only what is
  asked.
- `live`, `changelog`: what a subscription watches. `context`: who asks, and what is open.
- `errors`, `enums`, `scalars`: how failures, choices and values are shown. `execution_schema`, `deferred`:
  inputs that are taken as they come, so that one bad value costs no request.
"""
