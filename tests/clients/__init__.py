"""JavaScript clients as people use them, each run by Node against the running product."""
