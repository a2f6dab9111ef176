"""Campaigns: templates, launch, ledger."""
