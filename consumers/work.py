"""The work of one process, shared by its handlers: resources, the ledger's writer, sender, planner."""

from __future__ import annotations

from dataclasses import dataclass

from consumers.turns import ChunkTurns
from crm_graphql.bulk.worker import BulkWorker
from crm_graphql.campaigns.scheduling import Scheduler
from crm_graphql.core.slices import Slices
from crm_graphql.delivery.calls import HandoverLimits
from crm_graphql.delivery.campaign_locks import CampaignLocks
from crm_graphql.delivery.common import CampaignParts
from crm_graphql.delivery.handover import HandoverTools
from crm_graphql.delivery.hits import HitWriter
from crm_graphql.delivery.ledger_turns import LedgerTurns
from crm_graphql.delivery.planner import Planner
from crm_graphql.delivery.retrying import Retries
from crm_graphql.delivery.sender import Sender
from crm_graphql.delivery.vendors.choose import choose_vendors, one_for_all
from crm_graphql.delivery.vendors.port import Vendor
from crm_graphql.delivery.waiting import Waiting
from crm_graphql.delivery.writer import LedgerWriter
from crm_graphql.exports.worker import ExportWorker
from crm_graphql.resources import Resources


@dataclass(frozen=True, slots=True)
class Work:
    """Made once a process."""

    resources: Resources
    writer: LedgerWriter
    hits: HitWriter
    sender: Sender
    waiting: Waiting
    ledgers: LedgerTurns
    scheduler: Scheduler
    bulk: BulkWorker
    exports: ExportWorker
    turns: ChunkTurns

    @classmethod
    def over(cls, resources: Resources, *, vendor: Vendor | None = None) -> Work:
        """Over open resources. `vendor` stands in for those that the settings name."""
        settings, bus, clock = resources.settings, resources.bus, resources.clock
        carriers = one_for_all(vendor, settings) if vendor else choose_vendors(settings, resources.http)
        limits = HandoverLimits(
            lease_seconds=settings.lease_seconds,
            deadline_seconds=settings.vendor_deadline_seconds,
            partitions=settings.partitions,
        )
        locks = CampaignLocks()
        waiting = Waiting(resources.in_transaction, bus, locks, settings.delivery_batch)
        tools = HandoverTools(bus, clock, limits, Slices(), waiting)
        return cls(
            resources,
            LedgerWriter(transact=resources.in_transaction, bus=bus, clock=clock, locks=locks),
            HitWriter(transact=resources.in_transaction, bus=bus, locks=locks),
            Sender(
                carriers,
                tools=tools,
                values=lambda: resources.deployment.values,
                parts=CampaignParts(resources.storage, settings.public_url),
            ),
            waiting,
            _ledger_turns(resources, locks),
            Scheduler(bus, clock, lambda: resources.settings),
            BulkWorker(resources.in_transaction, bus, clock, settings.lease_seconds),
            ExportWorker(resources.storage, bus, clock, settings.lease_seconds),
            ChunkTurns(settings.chunks_at_once),
        )


def _ledger_turns(resources: Resources, locks: CampaignLocks) -> LedgerTurns:
    settings, bus, clock = resources.settings, resources.bus, resources.clock
    return LedgerTurns(
        Planner(
            transact=resources.in_transaction,
            bus=bus,
            clock=clock,
            locks=locks,
            lease_seconds=settings.lease_seconds,
            range_rows=settings.delivery_batch,
            public_url=settings.public_url,
        ),
        Retries(resources.in_transaction, bus, locks, settings.lease_seconds, settings.delivery_batch),
        bus,
        clock,
    )
