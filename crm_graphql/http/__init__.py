"""HTTP outside GraphQL.

- `request_ids` gives every request an id, a log line and figures; `security` guards every answer.
- `doors`: who asks at a plain route, and the one form of a refusal. `cookies`: the refresh token in a
  browser.
- `health`, `metrics`: for load balancers and Prometheus.
"""
