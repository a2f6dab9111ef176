"""The keeping of figures: counts of orders folded and gone through, customers counted; by one process."""

from __future__ import annotations

import uuid

from structlog import get_logger

from crm_graphql.analytics.figures import FiguresKeeper
from crm_graphql.core.tasks import repeat
from crm_graphql.mongo.leases import hold_task
from crm_graphql.orders.count_keeping import fold_counts, walk_orders
from crm_graphql.resources import Resources

LEASE_SECONDS = 30.0
"""Longer than a count mostly takes; two at once do no harm."""
_TASK = "figures"
_log = get_logger(__name__)


async def keep_figures_for_ever(resources: Resources) -> None:
    """Run a round every interval, as long as no other process holds the task. Ends only when cancelled."""
    token = uuid.uuid4().hex
    keeper = FiguresKeeper(resources.in_transaction, resources.clock)

    async def step() -> None:
        if await hold_task(_TASK, token, LEASE_SECONDS):
            await run_round(resources, keeper)

    await repeat(step, name=_TASK, seconds=resources.settings.reconcile_interval_seconds)


async def run_round(resources: Resources, keeper: FiguresKeeper) -> None:
    """One round; what fails is logged and does not keep the rest from its turn."""
    try:
        await fold_counts(resources.in_transaction)
    except Exception:
        _log.exception("folding of order counts failed")
    try:
        await walk_orders(resources.in_transaction)
    except Exception:
        _log.exception("counting of orders again failed")
    try:
        await keeper.run(resources.settings)
    except Exception:
        _log.exception("counting of customers failed")
