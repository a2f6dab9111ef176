"""Ingestion: three doors, one path from a caller's records to customers and orders."""
