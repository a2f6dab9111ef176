"""Duplicates: addresses that several customers share, who may be one person.

- `counting` looks up who shares the addresses that were noted, and keeps a row for each that several have.
- `queries` lists them, and finds the customers of each.
"""
