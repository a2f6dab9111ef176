"""MongoDB as all domains use it.

- `documents`: every document, found in the domains. `rows`: a document's row. `pages`: keyset pages.
- `transactions`: their shape, and the end of those whose process died. `transient`: which errors are waited
  out. `deadlines`: bounds of reads.
- `leases`: who does what now. `persisted_documents`, `rate_windows`: what API processes share of their
  callers.
"""
