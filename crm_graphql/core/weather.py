"""Which failures of the database pass by themselves, as weather does, and which say something of the data."""

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


def is_weather(error: BaseException) -> bool:
    """Whether `error` is an election, a time-out, a lost connection or a transient conflict."""
    if isinstance(error, _PASSING):
        return True
    return isinstance(error, PyMongoError) and any(error.has_error_label(label) for label in _LABELS)
