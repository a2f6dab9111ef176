"""The audit as it is written."""

from __future__ import annotations

from datetime import timedelta

import structlog
from pymongo.errors import PyMongoError

from crm_graphql.audit.documents import AuditEvent
from crm_graphql.core.actor import Actor
from crm_graphql.core.clock import Clock
from crm_graphql.core.ids import encode_id
from crm_graphql.core.settings import Settings
from crm_graphql.core.texts import is_storable

log = structlog.get_logger()

ANONYMOUS = "anonymous"
_TEXT_LENGTH = 320


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


def _text(value: object) -> str | None:
    if value is None:
        return None
    text = str(value)[:_TEXT_LENGTH]
    return text if is_storable(text) else None
