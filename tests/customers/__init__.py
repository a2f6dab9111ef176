"""Tests of customers made, edited and erased."""
