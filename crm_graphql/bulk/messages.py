"""The messages of bulk operations, and the queue and topics they go to."""

from __future__ import annotations

from typing import ClassVar

from crm_graphql.bus.port import Queue
from crm_graphql.mongo.turns import TurnMessage, TurnQueue

BULK_QUEUE = Queue("bulk.work")


class BulkWork(TurnMessage, frozen=True, kw_only=True):
    """A bulk operation waits for its turn."""

    kind: ClassVar[str] = "bulk.work"


BULK_TURNS = TurnQueue(BULK_QUEUE, BulkWork, places=1)


def bulk_topic(operation_id: object) -> str:
    """The live topic of one bulk operation."""
    return f"bulk.{operation_id}"
