"""Delivery: the ledger of who gets what, the senders, the vendors and their receipts."""
