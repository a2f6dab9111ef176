"""Consents: what people said about what they want to get, and addresses that must not be written to."""
