"""Tests of HTTP outside GraphQL."""
