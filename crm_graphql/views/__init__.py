"""Saved views: how a person wants to see a list, kept for them alone or shared with all."""
