"""The audit as it is read: in lists by filter, by id, and whole as a file."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from crm_graphql.audit.documents import AuditEvent
from crm_graphql.core.actor import Actor, Permission
from crm_graphql.core.paging import Page, PageRequest, Row, SortKey
from crm_graphql.mongo.pages import count_in_time, read_page

NEWEST_FIRST = SortKey((("at", -1), ("_id", -1)))
_EXPORT_BATCH = 1_000


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """What to list; None means any. `since` is inclusive, `until` exclusive."""

    actor_id: str | None = None
    action: str | None = None
    subject_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def mongo_filter(self) -> dict[str, Any]:
        """The condition; values are compared, never interpreted."""
        named = {"actor_id": self.actor_id, "action": self.action, "subject_id": self.subject_id}
        found: dict[str, Any] = {name: {"$eq": value} for name, value in named.items() if value is not None}
        period = {"$gte": self.since, "$lt": self.until}
        if bounds := {operator: moment for operator, moment in period.items() if moment is not None}:
            found["at"] = bounds
        return found


async def list_events(actor: Actor, filter_: AuditFilter, page: PageRequest) -> Page[Row]:
    """A page of the events that match, newest first. Requires AUDIT_READ."""
    actor.require(Permission.AUDIT_READ)
    return await read_page(AuditEvent.get_pymongo_collection(), filter_.mongo_filter(), NEWEST_FIRST, page)


async def count_events(filter_: AuditFilter) -> int | None:
    """How many match; None where counting takes too long."""
    return await count_in_time(AuditEvent.get_pymongo_collection(), filter_.mongo_filter())


async def events_by_ids(actor: Actor, ids: Any) -> Mapping[Any, Row]:
    """The events with these ids, by id. Requires AUDIT_READ."""
    actor.require(Permission.AUDIT_READ)
    found = AuditEvent.get_pymongo_collection().find({"_id": {"$in": list(ids)}})
    return {row["_id"]: row async for row in found}


async def export_events(actor: Actor, filter_: AuditFilter) -> AsyncIterator[Row]:
    """Every event that matches, oldest first, as the database hands them out. Requires AUDIT_READ."""
    actor.require(Permission.AUDIT_READ)
    found = AuditEvent.get_pymongo_collection().find(filter_.mongo_filter())
    async for row in found.sort([("at", 1), ("_id", 1)]).batch_size(_EXPORT_BATCH):
        yield row
