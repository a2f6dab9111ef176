"""Deadlines of reads: one bound on the wait for a connection, the server's time and the retries together."""

from __future__ import annotations

from contextlib import AbstractContextManager

import pymongo
from pymongo.errors import PyMongoError, ServerSelectionTimeoutError


def read_deadline(seconds: float) -> AbstractContextManager[None]:
    """Bound everything that is asked of MongoDB within the block, in this task and those that it starts.

    Each command carries the time that is left as its `maxTimeMS`, so that the server stops too. What passes
    the deadline raises an error that `passed_deadline` knows, and may cost its connection.
    """
    return pymongo.timeout(seconds)


def own_limits() -> AbstractContextManager[None]:
    """Take what is asked within the block out of the deadline: it names a shorter `maxTimeMS` itself.

    The server then ends it by its clock and answers so; a deadline would be over here a moment earlier, and
    the connection be given up each time. For counts, which are cut off often.
    """
    return pymongo.timeout(None)


def passed_deadline(error: BaseException | None) -> bool:
    """Whether `error` says that a read took too long, while there was a server to ask."""
    return (
        isinstance(error, PyMongoError)
        and error.timeout
        and not isinstance(error, ServerSelectionTimeoutError)
    )
