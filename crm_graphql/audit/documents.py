"""An entry of the audit as MongoDB holds it."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from beanie import Document
from pymongo import ASCENDING, DESCENDING, IndexModel

_NEWEST = [("at", DESCENDING), ("_id", DESCENDING)]


class AuditEvent(Document):
    """One mutation or sign-in event. Names objects by their global ids, never holds a secret or a message's
    text."""

    at: datetime
    actor: str
    actor_id: str | None = None
    action: str
    subject_id: str | None = None
    succeeded: bool
    code: str | None = None
    """The error code of what did not succeed."""
    ip_address: str | None = None
    request_id: str | None = None
    expires_at: datetime

    class Settings:
        """Collection and indexes."""

        name = "audit_events"
        indexes: ClassVar[list[IndexModel]] = [
            # The list, newest first, whole or of one actor, action or subject, or what one actor did of an
            # action: of a busy one most is something else.
            IndexModel(_NEWEST, name="at"),
            IndexModel([("actor_id", ASCENDING), *_NEWEST], name="actor_id"),
            IndexModel([("actor_id", ASCENDING), ("action", ASCENDING), *_NEWEST], name="actor_action"),
            IndexModel([("action", ASCENDING), *_NEWEST], name="action"),
            IndexModel([("subject_id", ASCENDING), *_NEWEST], name="subject_id"),
            # Kept for as long as the settings said when it was written.
            IndexModel([("expires_at", ASCENDING)], name="expires_at", expireAfterSeconds=0),
        ]
