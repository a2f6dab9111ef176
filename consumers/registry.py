"""The registry of handlers: who takes which messages of which queue, and how many at once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from consumers.handlers.bulk import handle_bulk
from consumers.handlers.campaigns import handle_plan, handle_send
from consumers.handlers.delivery import handle_receipts
from consumers.handlers.exports import handle_export
from consumers.handlers.ingestion import handle_chunk_ready, handle_replay_asked
from consumers.handlers.media import handle_media
from consumers.handlers.tracking import handle_hits
from consumers.work import Work
from crm_graphql.bulk.messages import BULK_QUEUE, BulkWork
from crm_graphql.bus.port import Message, Queue
from crm_graphql.campaigns.messages import PLAN_QUEUE, CampaignPlan
from crm_graphql.core.settings import Settings
from crm_graphql.delivery.messages import SEND_QUEUE, CampaignSend, ReceiptsArrived, receipts_queue
from crm_graphql.exports.messages import EXPORT_QUEUE, ExportWork
from crm_graphql.ingestion.messages import REPLAY_QUEUE, ChunkReady, ReplayAsked, chunk_queue
from crm_graphql.ingestion.states import Lane
from crm_graphql.media.messages import MEDIA_QUEUE, MediaArrived
from crm_graphql.tracking.messages import HitsArrived, hits_queue

PICTURES = 2
"""Each has a process of its own, with up to a gigabyte and a half."""
PLANNERS = 2
BULK_WORKERS = 2
EXPORT_WORKERS = 2
HIT_MESSAGES = 64
RECEIPT_MESSAGES = 32
"""Messages in hand at once: those that wait while a flush is under way share the next one."""


@dataclass(frozen=True, slots=True)
class Job:
    """One queue: the kind of its messages, and the handler, called with up to `prefetch` at once."""

    queue: Queue
    kind: type[Message]
    handle: Callable[[Work, Any], Awaitable[None]]
    prefetch: int
    retry_in_place: bool = False


def shared(settings: Settings) -> tuple[Job, ...]:
    """What every consumer process takes part in."""
    return (
        Job(PLAN_QUEUE, CampaignPlan, handle_plan, PLANNERS),
        Job(MEDIA_QUEUE, MediaArrived, handle_media, PICTURES),
        Job(REPLAY_QUEUE, ReplayAsked, handle_replay_asked, 1),
        Job(BULK_QUEUE, BulkWork, handle_bulk, BULK_WORKERS),
        Job(EXPORT_QUEUE, ExportWork, handle_export, EXPORT_WORKERS),
        Job(SEND_QUEUE, CampaignSend, handle_send, settings.senders),
    )


def of_partition(partition: int) -> tuple[Job, ...]:
    """What the process that holds the partition takes; in order, so a failure is tried again in place."""
    return (
        *(
            Job(
                chunk_queue(partition, lane),
                ChunkReady,
                partial(handle_chunk_ready, partition=partition, lane=lane),
                1,
                retry_in_place=True,
            )
            for lane in Lane
        ),
        Job(hits_queue(partition), HitsArrived, handle_hits, HIT_MESSAGES, retry_in_place=True),
        Job(
            receipts_queue(partition),
            ReceiptsArrived,
            handle_receipts,
            RECEIPT_MESSAGES,
            retry_in_place=True,
        ),
    )
