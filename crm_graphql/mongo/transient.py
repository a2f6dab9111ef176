"""Transient errors of the database: which failures pass by themselves."""

from __future__ import annotations

from pymongo.errors import (
    ConnectionFailure,
    ExecutionTimeout,
    NetworkTimeout,
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


def is_transient(error: BaseException) -> bool:
    """Whether `error` is an election, a time-out, a lost connection or a transient conflict."""
    if isinstance(error, _PASSING):
        return True
    return isinstance(error, PyMongoError) and any(error.has_error_label(label) for label in _LABELS)
