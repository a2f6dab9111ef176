"""The core that every domain stands on, without I/O: settings, errors, identity, money, time, paging."""
