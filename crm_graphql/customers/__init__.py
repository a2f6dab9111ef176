"""Customers: who they are, what they spent, how they can be reached."""
