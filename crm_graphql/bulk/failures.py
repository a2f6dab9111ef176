"""Bulk operations that cannot succeed: which failures end one, and which are waited out."""

from __future__ import annotations

from pymongo import ReturnDocument
from structlog import get_logger

from crm_graphql.bulk.documents import BulkOperation
from crm_graphql.bulk.lifecycle import fail_operation
from crm_graphql.bus.port import Bus, BusError
from crm_graphql.core.clock import Clock
from crm_graphql.core.errors import InvalidInput
from crm_graphql.core.paging import Row
from crm_graphql.mongo.transient import names_data, reason

FAILURES_ALLOWED = 6
"""As often the same page may fail for what is in it: about 20 s of tries."""

_log = get_logger(__name__)


async def ends_the_operation(error: Exception, operation: Row, token: str, *, bus: Bus, clock: Clock) -> bool:
    """Whether the operation that `error` stopped is given up, being FAILED then, with the reason.

    At once for a rule that this release refuses; after some tries for any other error that is not the weather
    of database and bus, counted in the operation, so that a restart does not begin anew.
    """
    guard = {"_id": operation["_id"], "is_open": True, "work.token": token}
    if isinstance(error, InvalidInput):
        return await fail_operation(guard, f"The rule cannot be used any more: {error}", bus=bus, clock=clock)
    if isinstance(error, BusError) or not names_data(error):
        return False
    row = await BulkOperation.get_pymongo_collection().find_one_and_update(
        guard,
        {"$inc": {"work.failures": 1}},
        projection={"work.failures": 1},
        return_document=ReturnDocument.AFTER,
    )
    if row is None or row["work"]["failures"] < FAILURES_ALLOWED:
        return False
    _log.error("customers cannot be changed", operation_id=str(operation["_id"]), exc_info=error)
    text = f"The customers cannot be changed: {reason(error)[:200]}. The consumers' log says where."
    return await fail_operation(guard, text, bus=bus, clock=clock)
