"""Every queue of a deployment, for those who publish: a queue is declared before anything goes to it."""

from __future__ import annotations

from crm_graphql.campaigns.messages import PLAN_QUEUE
from crm_graphql.delivery.messages import SEND_QUEUE, receipts_queue
from crm_graphql.ingestion.messages import ingestion_queue


def all_queues(partitions: int) -> list[str]:
    """The work queues of a deployment with so many partitions."""
    numbers = range(partitions)
    return [
        PLAN_QUEUE,
        SEND_QUEUE,
        *(ingestion_queue(number) for number in numbers),
        *(receipts_queue(number) for number in numbers),
    ]
