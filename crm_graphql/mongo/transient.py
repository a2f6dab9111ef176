"""Errors of the database: which are transient and waited out, and which name the data they were given."""

from __future__ import annotations

from bson.errors import BSONError
from pymongo.errors import (
    BulkWriteError,
    ConnectionFailure,
    DocumentTooLarge,
    ExecutionTimeout,
    NetworkTimeout,
    OperationFailure,
    PyMongoError,
    ServerSelectionTimeoutError,
    WaitQueueTimeoutError,
)

_PASSING = (
    ConnectionFailure,
    ServerSelectionTimeoutError,
    NetworkTimeout,
    WaitQueueTimeoutError,
    ExecutionTimeout,
)
_LABELS = ("TransientTransactionError", "UnknownTransactionCommitResult", "RetryableWriteError")
# Server codes that speak of the document: BadValue, TypeMismatch, Overflow, DocumentValidationFailure,
# DollarPrefixedFieldName, DottedFieldName, BSONObjectTooLarge (two), KeyTooLong.
_DATA_CODES = frozenset({2, 14, 15, 52, 57, 121, 10334, 17280, 17419})


def is_transient(error: BaseException) -> bool:
    """Whether `error` is an election, a time-out, a lost connection or a transient conflict."""
    if isinstance(error, _PASSING):
        return True
    return isinstance(error, PyMongoError) and any(error.has_error_label(label) for label in _LABELS)


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
