"""Ingestion: three doors, one path from a caller's records to customers and orders.

- `service`, `routes`: the doors, for mutations and for bodies. `admission` holds them back, `begin` begins
  and seals an ingestion by its idempotency key.
- `readers` cut a body into `rows`; `checks` and `values` make records of them; `chunks` cuts these,
  `intake` makes them durable: that is the acceptance. `publishing` tells the consumers.
- `apply_chunk` applies a chunk (`chunk_work`) once, in one transaction or, by `stepwise`, record by record.
- `completion` ends an ingestion; `reconcile` finds what was forgotten; `dead_letters` and `replay` send
  again.
- `queries` reads all of it with its figures.
"""
