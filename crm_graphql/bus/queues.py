"""Every queue of a deployment, found by convention: a domain's `messages` module names it, none is listed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from types import ModuleType

from crm_graphql.bus.port import PartitionedQueue, Queue
from crm_graphql.core.domains import domain_modules


def all_queues(partitions: int) -> list[Queue]:
    """The work queues of a deployment with so many partitions."""
    return list(dict.fromkeys(queues_of(domain_modules("messages"), partitions)))


def queues_of(modules: Iterable[ModuleType], partitions: int) -> Iterator[Queue]:
    """The queues that the modules hold by a name of theirs."""
    for module in modules:
        for held in vars(module).values():
            if isinstance(held, Queue):
                yield held
            elif isinstance(held, PartitionedQueue):
                yield from (held(number) for number in range(partitions))
