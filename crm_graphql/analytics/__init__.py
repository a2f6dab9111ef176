"""Analytics: statistics of customers, reports, what the deployment uses.

- `metrics`: what can be asked by what, in one table, and the values of a row. `axes`: days, weeks and months.
- `customer_groups`, `order_days`, `ledgers`, `joins` read the figures; `pipelines` are their aggregations.
- `reports` puts a report together, `statistics` the figures of customers; `figures` keeps those of all of
  them.
- `answers`: the answers that this process remembers, until they are told to be old.
- `counting`: requests and users of this process, on their way to what `usage` tells.
"""
