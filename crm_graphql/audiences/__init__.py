"""Audiences: customers cut by a rule."""
