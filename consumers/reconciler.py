"""The reconciler, a short periodic round over the whole deployment, and the waker; each by one process."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Mapping
from functools import partial

from structlog import get_logger

from consumers.work import Work
from crm_graphql.bulk.reconcile import restore_operations
from crm_graphql.consents.reconcile import MarkReconciler
from crm_graphql.core.tasks import repeat
from crm_graphql.customers.custom_values import take_away_deleted
from crm_graphql.customers.labels import settle_labels
from crm_graphql.delivery.reconcile import DeliveryReconciler
from crm_graphql.delivery.waking import WAKE_SECONDS, wake_due
from crm_graphql.duplicates.counting import settle_addresses
from crm_graphql.erasure.reconcile import ErasureReconciler
from crm_graphql.exports.reconcile import reconcile_exports
from crm_graphql.ingestion.queries import much_is_waiting
from crm_graphql.ingestion.reconcile import reconcile as reconcile_ingestions
from crm_graphql.media.reconcile import reconcile_media
from crm_graphql.merging.reconcile import MergeReconciler
from crm_graphql.mongo.leases import hold_task
from crm_graphql.mongo.transactions import Transact

_TASK = "reconciler"
_WAKER = "waker"
_WAKER_LEASE_SECONDS = 5.0
SETTLE_SECONDS = 1.0
"""After so long addresses wait for the next round to be counted."""
_log = get_logger(__name__)


async def reconcile_for_ever(work: Work) -> None:
    """Run a round every interval, as long as no other process holds the task. Ends only when cancelled."""
    settings = work.resources.settings
    token = uuid.uuid4().hex
    delivery = DeliveryReconciler(
        writer=work.writer,
        bus=work.resources.bus,
        clock=work.resources.clock,
        partitions=settings.partitions,
        receipt_timeout_seconds=settings.receipt_timeout_seconds,
        parked_receipt_seconds=settings.parked_receipt_seconds,
    )
    marks = MarkReconciler()
    erasures = ErasureReconciler(work.resources.in_transaction, work.resources.bus, work.resources.clock)
    # Longer than a round's wait, so that the holder keeps it; short, so that a dead one loses it soon.
    lease_seconds = settings.reconcile_interval_seconds * 2 + 2

    async def step() -> None:
        if await hold_task(_TASK, token, lease_seconds):
            await run_round(work, delivery, marks, erasures)

    await repeat(step, name=_TASK, seconds=settings.reconcile_interval_seconds)


async def wake_for_ever(work: Work) -> None:
    """Put messages that waited back to work within a second of their moment, as long as no other process does
    it. Ends only when cancelled."""
    token = uuid.uuid4().hex

    async def step() -> None:
        if await hold_task(_WAKER, token, _WAKER_LEASE_SECONDS):
            await wake_due(work.waiting, bus=work.resources.bus)

    interval = work.resources.settings.reconcile_interval_seconds
    await repeat(step, name=_WAKER, seconds=min(WAKE_SECONDS, interval))


async def run_round(
    work: Work, delivery: DeliveryReconciler, marks: MarkReconciler, erasures: ErasureReconciler
) -> None:
    """One round; what fails is logged and does not keep the rest from its turn."""
    resources = work.resources
    bus, transact = resources.bus, resources.in_transaction
    parts: Mapping[str, Callable[[], Awaitable[object]]] = {
        "ingestions": partial(
            reconcile_ingestions, settings=resources.settings, bus=bus, clock=resources.clock
        ),
        "suppressions": marks.run,
        "erasures": erasures.run,
        "merges": MergeReconciler(transact).run,
        "shared addresses": partial(_count_addresses, transact),
        "bulk operations": partial(restore_operations, bus=bus),
        "tags and groups": partial(settle_labels, transact),
        "custom fields": take_away_deleted,
        "media": partial(reconcile_media, resources.storage, bus),
        "exports": partial(reconcile_exports, storage=resources.storage, bus=bus),
    }
    for name, part in parts.items():
        try:
            await part()
        except Exception:
            _log.exception(f"reconciling of {name} failed")
    await delivery.run()


async def _count_addresses(transact: Transact) -> None:
    """It takes the database as long as a tenth of what it counts took: imports come first."""
    if not await much_is_waiting():
        await settle_addresses(transact, for_seconds=SETTLE_SECONDS)
