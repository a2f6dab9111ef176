"""How processes hand each other work and news: the port, its messages and its two adapters."""
