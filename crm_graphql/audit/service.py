"""Writing and reading the audit."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from pymongo.errors import PyMongoError

from crm_graphql.audit.documents import AuditEvent
from crm_graphql.core.actor import Actor, Permission
from crm_graphql.core.clock import Clock
from crm_graphql.core.ids import encode_id
from crm_graphql.core.paging import Page, PageRequest, Row, SortKey
from crm_graphql.core.settings import Settings
from crm_graphql.core.texts import is_storable
from crm_graphql.mongo.pages import count_in_time, read_page

log = structlog.get_logger()

NEWEST_FIRST = SortKey((("at", -1), ("_id", -1)))
ANONYMOUS = "anonymous"
_TEXT_LENGTH = 320
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


def actor_id_of(actor: Actor) -> str | None:
    """The global id of the user or API key; None for an operator's token and the product itself."""
    if actor.user_id is not None:
        return encode_id("User", actor.user_id)
    return encode_id("ApiKey", actor.api_key_id) if actor.api_key_id is not None else None


async def record(
    actor: Actor | None,
    action: str,
    *,
    succeeded: bool,
    settings: Settings,
    clock: Clock,
    subject_id: str | None = None,
    code: str | None = None,
    ip_address: str | None = None,
) -> None:
    """Write one event; an actor of None is somebody who has not signed in.

    What was done is done: when the event cannot be written it goes into the log, and the caller goes on.
    """
    now = clock.now()
    event = {
        "at": now,
        "actor": actor.label if actor else ANONYMOUS,
        "actor_id": actor_id_of(actor) if actor else None,
        "action": action,
        "subject_id": _text(subject_id),
        "succeeded": succeeded,
        "code": code,
        "ip_address": ip_address,
        "request_id": _text(structlog.contextvars.get_contextvars().get("request_id")),
        "expires_at": now + timedelta(days=settings.audit_retention_days),
    }
    try:
        await AuditEvent.get_pymongo_collection().insert_one(event)
    except PyMongoError:
        log.exception("an audit event could not be stored", **{**event, "at": str(now), "expires_at": None})


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


def _text(value: object) -> str | None:
    if value is None:
        return None
    text = str(value)[:_TEXT_LENGTH]
    return text if is_storable(text) else None
