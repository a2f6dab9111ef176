"""MongoDB as all domains use it: transactions, leases, pages, transient errors, and the list of documents."""
