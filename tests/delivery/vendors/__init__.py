"""Vendors, each against a server of its own that speaks its protocol."""
