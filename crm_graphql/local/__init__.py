"""Servers of one's own on one machine, for `crm dev`, `crm demo` and the tests."""
