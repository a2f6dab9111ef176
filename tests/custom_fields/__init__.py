"""Tests of custom fields and metadata."""
