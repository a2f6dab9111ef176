"""Migrations: what a release needs of the database before its first process starts.

`steps` lists them, each a numbered plan made from what the database holds; `runner` runs what is missing
under a lease, and has every process look before it begins. `docs/operations/upgrading.md` is for operators.
"""
