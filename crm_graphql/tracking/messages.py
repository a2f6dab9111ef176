"""The messages of tracking, and the queue they go to."""

from __future__ import annotations

from typing import ClassVar

from crm_graphql.bus.port import Message, PartitionedQueue
from crm_graphql.tracking.hits import Hit

hits_queue = PartitionedQueue("hits")
"""Its partitions are of campaigns: see `hits.partition_of`."""

HITS_A_MESSAGE = 500
"""The most hits that one message carries."""


class HitsArrived(Message, frozen=True, kw_only=True):
    """Hits of campaigns of one partition, for their writer."""

    kind: ClassVar[str] = "tracking.hits_arrived"

    hits: list[Hit]
