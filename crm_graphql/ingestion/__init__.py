"""Ingestion: three doors, one path from a caller's records to customers and orders.

- `service`, `routes`: the doors, for mutations and for bodies. `admission` holds them back, `begin` begins
  and seals an ingestion by its idempotency key.
- `forms` takes a file out of a browser's form; `imports.reading` makes rows of it, `checks` and `values`
  records of these; `chunks` cuts them, `intake` makes them durable: that is the acceptance. `publishing`
  tells the consumers. `dry_run` only counts, `preview` only looks.
- `bad_rows` keeps what is wrong with rows, `error_counts` counts it, `refused_rows` gives them out again.
- `apply_chunk` applies a chunk (`chunk_work`) once, in one transaction or, by `stepwise`, record by record.
- `completion` ends an ingestion; `reconcile` finds what was forgotten; `dead_letters` and `replay` send
  again.
- `queries` reads all of it with its figures.
"""
