"""What every domain stands on and that does no I/O: settings, errors, identity, money, time, paging."""
