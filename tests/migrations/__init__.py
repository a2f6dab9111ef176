"""Tests of what a release makes of the database before it starts."""
