"""Duplicate keys within a bulk write: which of its operations somebody else was ahead of."""

from __future__ import annotations

from pymongo.errors import BulkWriteError

_DUPLICATE_KEY = 11000


def already_taken(error: BulkWriteError) -> set[int]:
    """The places, within the bulk write, of the operations whose unique key is taken. Raises `error` when it
    says anything else."""
    failures = error.details["writeErrors"]
    if error.details.get("writeConcernErrors") or any(one["code"] != _DUPLICATE_KEY for one in failures):
        raise error
    return {int(one["index"]) for one in failures}
