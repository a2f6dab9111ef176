"""Outcomes of messages among the results of their campaign: whom it reached, and when what happened."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from pymongo.asynchronous.client_session import AsyncClientSession

from crm_graphql.delivery.documents import DeliveryReason, DeliveryStatus
from crm_graphql.delivery.ledger import RowState
from crm_graphql.results import points
from crm_graphql.results.counting import LEDGER, count_results

Step = tuple[RowState, RowState]
"""A message before and after one piece of news."""


def people_in(steps: Iterable[Step]) -> Mapping[str | None, Mapping[str, int]]:
    """By variant, how many bounced and how many complained: each delivery may do either once."""
    found: dict[str | None, Counter[str]] = {}
    for before, after in steps:
        if after.reason is DeliveryReason.BOUNCED is not before.reason:
            found.setdefault(after.variant, Counter())["bounces"] += 1
        if after.has_complained and not before.has_complained:
            found.setdefault(after.variant, Counter())["complaints"] += 1
    return found


def points_in(steps: Iterable[Step], launched_at: datetime) -> points.PointCounts:
    """What happened when, as the vendor says it: a message that fails and is sent again does so twice."""
    found = points.PointCounts(launched_at)
    for before, after in steps:
        if after.sent_at is not None and before.sent_at is None:
            found.add(after.sent_at, "sent")
        if after.status is not before.status and after.finished_at is not None:
            if after.status is DeliveryStatus.DELIVERED:
                found.add(after.finished_at, "delivered")
            elif after.status is DeliveryStatus.FAILED:
                found.add(after.finished_at, "failed")
    return found


async def note_outcomes(
    campaign: Mapping[str, Any], steps: Sequence[Step], session: AsyncClientSession
) -> None:
    """Count them, in the ledger's transaction that makes these steps."""
    key = campaign["_id"]
    await points.write_points(key, points.LEDGER, points_in(steps, campaign["launched_at"]), session)
    for variant, counts in people_in(steps).items():
        await count_results(key, variant, counts, session, source=LEDGER)
