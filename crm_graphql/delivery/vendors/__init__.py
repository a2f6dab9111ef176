"""Those who carry messages to people: one port, one module a vendor."""
