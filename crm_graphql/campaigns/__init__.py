"""Campaigns: a message to an audience, from draft to the last receipt."""
