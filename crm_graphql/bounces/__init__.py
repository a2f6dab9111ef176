"""Returned messages and complaints: what came back, and what it leads to.

- `intake`: what vendors' doors and returned mail say, durable with the ledger before it is answered.
"""
