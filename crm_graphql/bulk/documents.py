"""The bulk operation as MongoDB holds it."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Any, ClassVar

from beanie import Document, PydanticObjectId
from pydantic import BaseModel, Field
from pymongo import ASCENDING, DESCENDING, IndexModel

from crm_graphql.ingestion.states import IngestionStatus

FAILED_KEPT = 1_000
"""So many of the customers that could not be changed are named."""


class BulkOperationKind(Enum):
    """What is done to each customer."""

    TAG = "TAG"
    TAG_RENAME = "TAG_RENAME"
    TAG_DELETE = "TAG_DELETE"
    GROUP_ADD = "GROUP_ADD"
    GROUP_REMOVE = "GROUP_REMOVE"


class Work(BaseModel):
    """Whose turn it is: the lease of the worker that holds `token`, and how often its page failed."""

    token: str | None = None
    lease_until: datetime | None = None
    failures: int = 0


class BulkOperation(Document):
    """A change of many customers.

    What is done and to whom is frozen when it is made: the rule with its moment, or the customers' keys, or
    everybody who has the tag or is in the group. `after` is the last customer that is done; it moves with
    `done` and `failed` in the transaction that changes the customers.
    """

    number: int
    """Of the ingestions' counter: the version of what it writes, and its place among other operations."""
    kind: BulkOperationKind
    status: IngestionStatus = IngestionStatus.ACCEPTED
    is_open: bool = True
    """Whether there is still something to do."""
    failure_reason: str | None = None
    touches: list[str]
    """The labels that it changes: of those that touch the same one, the older goes first."""
    add: list[str] = Field(default_factory=list)
    remove: list[str] = Field(default_factory=list)
    """In folded case."""
    group_id: PydanticObjectId | None = None
    customer_ids: list[PydanticObjectId] | None = None
    rule: dict[str, Any] | None = None
    time_zone: str = "UTC"
    """Of the rule's days."""
    evaluated_at: datetime
    matched: int | None = None
    done: int = 0
    failed: int = 0
    failed_ids: list[PydanticObjectId] = Field(default_factory=list)
    """Of `failed` the first, at most FAILED_KEPT, in the order of the walk."""
    after: PydanticObjectId | None = None
    looked_from: datetime
    """When the walk over the customers began, of which `after` is the place."""
    work: Work = Field(default_factory=Work)
    created_by: str
    """A user's or an API key's name."""
    actor_id: str | None = None
    """The global id of the user or API key, where it was one."""
    created_at: datetime
    completed_at: datetime | None = None

    class Settings:
        """Collection and indexes."""

        name = "bulk_operations"
        indexes: ClassVar[list[IndexModel]] = [
            # The list, newest first.
            IndexModel([("created_at", DESCENDING), ("_id", DESCENDING)], name="created_at"),
            # What the reconciler asks, from the index alone; whether an older one touches the same.
            IndexModel(
                [
                    ("is_open", ASCENDING),
                    ("number", ASCENDING),
                    ("work.lease_until", ASCENDING),
                    ("_id", ASCENDING),
                ],
                name="open",
                partialFilterExpression={"is_open": True},
            ),
        ]
