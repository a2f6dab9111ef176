"""Saved reports, the figures of all customers, and what was used of the deployment, as MongoDB holds them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from beanie import Document, PydanticObjectId
from pymongo import ASCENDING, IndexModel

from crm_graphql.analytics.metrics import ReportDimension, ReportMetric

USERS_KEPT_DAYS = 800


class SavedReport(Document):
    """A report under a name, for all to see. `rule` is the tree as it was given, checked, without null
    keys."""

    name: str
    metrics: list[ReportMetric]
    by: ReportDimension
    rule: dict[str, Any] | None = None
    created_by: str
    created_at: datetime
    updated_at: datetime

    class Settings:
        """Collection and indexes."""

        name = "saved_reports"
        indexes: ClassVar[list[IndexModel]] = [
            # The list, by name.
            IndexModel([("name", ASCENDING), ("_id", ASCENDING)], name="name"),
        ]


class CustomerFigures(Document):
    """The statistics of all customers as they were counted last, in a zone; `took_ms` is how long that took.

    `seen_change` is when customers had last changed, as it was told before they were counted.
    """

    id: str  # type: ignore[assignment]
    as_of: datetime
    zone: str
    took_ms: int
    seen_change: datetime | None = None
    figures: dict[str, Any]

    class Settings:
        """Collection."""

        name = "customer_figures"


class UsageHour(Document):
    """What was asked of all API processes within an hour (UTC), which `id` is the beginning of."""

    id: datetime  # type: ignore[assignment]
    requests: int

    class Settings:
        """Collection."""

        name = "usage_hours"


class UserDay(Document):
    """A user who asked for something on a day (UTC); `id` names both."""

    id: str  # type: ignore[assignment]
    day: datetime
    user_id: PydanticObjectId

    class Settings:
        """Collection and indexes."""

        name = "user_days"
        indexes: ClassVar[list[IndexModel]] = [
            # Who was there between two days, from the index alone.
            IndexModel([("day", ASCENDING), ("user_id", ASCENDING)], name="day"),
            # Days that nobody asks about any more.
            IndexModel([("day", ASCENDING)], name="kept", expireAfterSeconds=USERS_KEPT_DAYS * 24 * 3600),
        ]
