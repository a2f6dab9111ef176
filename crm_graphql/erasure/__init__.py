"""Erasure: how a person is forgotten, over all domains.

- `service` erases a customer: hidden in one transaction, then scrubbed wherever something names the person.
- `steps`: what of each domain goes, a bounded piece a transaction.
- `reconcile` goes on where a process died, and looks once more for what was being written at that moment.
"""
