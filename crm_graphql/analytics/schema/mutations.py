"""Writing saved reports."""

from __future__ import annotations

from typing import Annotated

import strawberry

from crm_graphql.analytics.schema.inputs import ReportDeleteInput, ReportSaveInput
from crm_graphql.analytics.schema.types import ReportDeletePayload, ReportSavePayload, SavedReport
from crm_graphql.analytics.service import delete_report, save_report
from crm_graphql.core.actor import Permission
from crm_graphql.core.ids import decode_key
from crm_graphql.gql.context import Info
from crm_graphql.gql.permission import mutation


@mutation(
    Permission.ANALYTICS_WRITE,
    "Keep a report under a name, for all to see; with an id, in the place of another.",
    subject="id",
)
async def report_save(
    info: Info, input: Annotated[ReportSaveInput, strawberry.argument(description="The report.")]
) -> ReportSavePayload:
    resources = info.context.resources
    row = await save_report(
        info.context.actor,
        None if input.id is None else decode_key("SavedReport", input.id),
        name=input.name,
        metrics=input.metrics,
        by=input.by,
        rule=None if input.rule is None else input.rule.tree(),
        clock=resources.clock,
        settings=resources.settings,
    )
    return ReportSavePayload(saved_report=SavedReport.from_document(row))


@mutation(Permission.ANALYTICS_WRITE, "Delete a saved report.", subject="id")
async def report_delete(
    info: Info, input: Annotated[ReportDeleteInput, strawberry.argument(description="Which report.")]
) -> ReportDeletePayload:
    await delete_report(info.context.actor, decode_key("SavedReport", input.id))
    return ReportDeletePayload(deleted_id=input.id)
