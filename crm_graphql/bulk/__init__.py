"""Bulk operations: one change of many customers, in the background and exactly once for each of them.

Tags and groups change here, whether of three customers or of a million: `service` writes down what is wanted
of whom, `worker` walks the customers page by page, `changes` says what becomes of one.
"""
