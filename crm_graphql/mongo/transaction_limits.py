"""Limits of one transaction, in time and size: work that was too much, told from what may be repeated."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.errors import OperationFailure

from crm_graphql.mongo.transient import reason

# TransactionTooOld, TransactionTooLarge, ExceededTimeLimit, TransactionExceededLifetimeLimitSeconds,
# TransactionTooLargeForCache.
_TOO_MUCH_CODES = frozenset({225, 257, 262, 290, 377})
_NO_SUCH_TRANSACTION = 251
"""What the next step of a transaction is told that has been ended from outside, for its age or as idle."""
OUTLIVED_SECONDS = 2.5
"""A transaction that was ended earlier was not too slow: it met a failover, as any may."""

Result = TypeVar("Result")


class TooMuch(Exception):
    """The work is too long, or too large, for one transaction: less of it may go through."""


async def within_one_life(
    work: Callable[[AsyncClientSession], Awaitable[Result]], session: AsyncClientSession
) -> Result:
    """Do `work` in the session's transaction. Raises TooMuch when it outlives or outgrows the transaction:
    for the driver that is a reason to do the same again, for two minutes."""
    begun_at = time.monotonic()
    try:
        return await work(session)
    except OperationFailure as error:
        is_late = time.monotonic() - begun_at >= OUTLIVED_SECONDS
        if error.code in _TOO_MUCH_CODES or (error.code == _NO_SUCH_TRANSACTION and is_late):
            raise TooMuch(reason(error)) from error
        raise


def is_too_much(error: Exception) -> bool:
    """Whether less at once may go through where this did not, no part of it being at fault."""
    return isinstance(error, TooMuch) or (
        isinstance(error, OperationFailure) and error.code in _TOO_MUCH_CODES
    )
