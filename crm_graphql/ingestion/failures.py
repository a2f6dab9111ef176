"""Transient errors against data: which failures of applying records pass by themselves."""

from __future__ import annotations

from bson.errors import BSONError
from pymongo.errors import BulkWriteError, DocumentTooLarge, OperationFailure, PyMongoError

from crm_graphql.mongo.transient import is_transient

# Server codes that speak of the document: BadValue, TypeMismatch, Overflow, DocumentValidationFailure,
# DollarPrefixedFieldName, DottedFieldName, BSONObjectTooLarge (two), KeyTooLong.
_DATA_CODES = frozenset({2, 14, 15, 52, 57, 121, 10334, 17280, 17419})


def names_data(error: Exception) -> bool:
    """Whether `error` says something of the records: applying them again would fail the same way.

    Everything of the database that is not known to do so counts as transient, duplicate keys included:
    another consumer has just made the same order or customer, and the next try finds it.
    """
    if is_transient(error):
        return False
    if isinstance(error, BulkWriteError):
        return any(failure.get("code") in _DATA_CODES for failure in error.details.get("writeErrors", ()))
    if isinstance(error, OperationFailure):
        return error.code in _DATA_CODES
    return isinstance(error, DocumentTooLarge | BSONError) or not isinstance(error, PyMongoError | OSError)


def reason(error: Exception) -> str:
    """What went wrong, for the one who reads the dead letter."""
    if isinstance(error, BulkWriteError):
        failures = error.details.get("writeErrors") or [{}]
        return str(failures[0].get("errmsg", error))[:500]
    return f"{type(error).__name__}: {error}"[:500]
