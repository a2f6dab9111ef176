"""Upkeep by every consumer process, all the time: the end of transactions that died with their process."""

from __future__ import annotations

from functools import partial

from pymongo.errors import PyMongoError
from structlog import get_logger

from crm_graphql.core.tasks import repeat
from crm_graphql.mongo.transactions import end_abandoned_transactions
from crm_graphql.resources import Resources

INTERVAL_SECONDS = 1.0
IDLE_SECONDS = 3.0
"""Between two steps of a transaction of ours lie milliseconds."""

_log = get_logger(__name__)


async def end_abandoned_for_ever(resources: Resources) -> None:
    """Look every second. Ends only when cancelled."""
    await repeat(partial(_end_abandoned, resources), name="upkeep", seconds=INTERVAL_SECONDS)


async def _end_abandoned(resources: Resources) -> None:
    try:
        if count := await end_abandoned_transactions(resources.mongo, idle_seconds=IDLE_SECONDS):
            _log.warning("ended transactions whose process is gone", count=count)
    except PyMongoError as error:
        # Meanwhile such a transaction blocks its rows until MongoDB ends it by itself, after a minute.
        _log.info("could not look for abandoned transactions", error=str(error)[:200])
