"""Saved reports as they are written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bson import ObjectId
from pymongo import ReturnDocument

from crm_graphql.analytics.documents import SavedReport
from crm_graphql.analytics.metrics import ReportDimension, ReportMetric, check_metrics
from crm_graphql.analytics.queries import REPORTS_LIMIT, checked_rule
from crm_graphql.audiences.stored import to_stored
from crm_graphql.core.actor import Actor, Permission
from crm_graphql.core.clock import Clock
from crm_graphql.core.errors import Faults, LimitExceeded, NotFound
from crm_graphql.core.names import checked_name
from crm_graphql.core.paging import Row
from crm_graphql.core.settings import Settings
from crm_graphql.mongo.rows import row_of

NO_REPORT = "There is no such report."


async def save_report(
    actor: Actor,
    key: ObjectId | None,
    *,
    name: str,
    metrics: Sequence[ReportMetric],
    by: ReportDimension,
    rule: Mapping[str, Any] | None,
    clock: Clock,
    settings: Settings,
) -> Row:
    """Make a report for all, or with `key` replace the one that there is. Requires ANALYTICS_WRITE.

    Raises InvalidInput with all that is wrong, LimitExceeded for one report too many, NotFound.
    """
    actor.require(Permission.ANALYTICS_WRITE)
    faults = Faults()
    with faults.noted():
        name = checked_name(name, needed="A report needs a name.")
    with faults.noted():
        check_metrics(metrics, by)
    stored = None
    with faults.noted():
        if rule is not None:
            stored = to_stored(await checked_rule(rule, settings))
    faults.check()
    now = clock.now()
    names = [metric.value for metric in metrics]
    values = {"name": name, "metrics": names, "by": by.value, "rule": stored, "updated_at": now}
    if key is not None:
        return await _replace(key, values)
    # Of two that are made at once both may be counted before either is there: one too many does no harm.
    if await SavedReport.get_pymongo_collection().count_documents({}) >= REPORTS_LIMIT:
        raise LimitExceeded(f"There are {REPORTS_LIMIT} reports already. Delete one first.")
    made = row_of(SavedReport.model_validate({**values, "created_by": actor.subject, "created_at": now}))
    await SavedReport.get_pymongo_collection().insert_one(made)
    return made


async def _replace(key: ObjectId, values: dict[str, Any]) -> Row:
    changed: Row | None = await SavedReport.get_pymongo_collection().find_one_and_update(
        {"_id": key}, {"$set": values}, return_document=ReturnDocument.AFTER
    )
    if changed is None:
        raise NotFound(NO_REPORT, path=("id",))
    return changed


async def delete_report(actor: Actor, key: ObjectId) -> None:
    """Delete it. Requires ANALYTICS_WRITE. Raises NotFound."""
    actor.require(Permission.ANALYTICS_WRITE)
    if not (await SavedReport.get_pymongo_collection().delete_one({"_id": key})).deleted_count:
        raise NotFound(NO_REPORT, path=("id",))
