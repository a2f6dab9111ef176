"""Ingestion, from the doors to the totals."""
