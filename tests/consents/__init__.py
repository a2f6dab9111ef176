"""Tests of what people said, and of addresses that must not be written to."""
