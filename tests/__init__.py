"""Behaviour of the product against real servers."""
