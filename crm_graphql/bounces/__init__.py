"""Returned messages and complaints: what came back, and what it leads to.

- `intake`: what vendors' doors and returned mail say, durable with the ledger before it is answered.
- `mail`: reading what mail servers send back, and the listener that takes it.
- `settling`: what it leads to: addresses suppressed, campaigns paused (`judging`, by `shares`).
- `keeping`: a customer's bounces through erasing and merging.
"""
