"""Reading statistics, reports and usage."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import strawberry

from crm_graphql.analytics import queries
from crm_graphql.analytics.metrics import ReportDimension, ReportMetric
from crm_graphql.analytics.schema.types import CustomerStats, Report, SavedReport, Usage
from crm_graphql.audiences.schema.inputs import RuleInput
from crm_graphql.core.actor import Permission
from crm_graphql.gql.context import Info
from crm_graphql.gql.permission import query

From = Annotated[
    datetime | None, strawberry.argument(name="from", description="From this moment on, it included.")
]
Until = Annotated[datetime | None, strawberry.argument(description="Until before this moment.")]


@query(
    Permission.ANALYTICS_READ,
    "Figures of all customers, or of those of a rule. Of many customers those of all are counted in the "
    "background: `asOf` says when.",
)
async def customer_stats(
    info: Info,
    rule: Annotated[
        RuleInput | None, strawberry.argument(description="Whose; of all customers by default.")
    ] = None,
) -> CustomerStats | None:
    resources = info.context.resources
    found = await queries.customer_statistics(
        info.context.actor,
        None if rule is None else rule.tree(),
        answers=resources.answers,
        clock=resources.clock,
        settings=resources.settings,
    )
    return CustomerStats.from_statistics(found)


@query(
    Permission.ANALYTICS_READ,
    "Metrics by time, place, channel or campaign. A metric that means nothing by the dimension is refused "
    "with the reason; docs/reports.md has the table.",
)
async def report(
    info: Info,
    metrics: Annotated[
        list[ReportMetric], strawberry.argument(description="What to tell of each row, at least one.")
    ],
    by: Annotated[ReportDimension, strawberry.argument(description="What the rows are.")],
    from_: From = None,
    until: Until = None,
    time_zone: Annotated[
        str | None, strawberry.argument(description="IANA name; the deployment's by default.")
    ] = None,
    rule: Annotated[
        RuleInput | None,
        strawberry.argument(description="Whose customers, orders and deliveries; all by default."),
    ] = None,
    first: Annotated[
        int | None, strawberry.argument(description="Rows: 100 by default, 1,000 at most.")
    ] = None,
) -> Report | None:
    resources = info.context.resources
    found = await queries.report(
        info.context.actor,
        queries.Asked(metrics, by, from_, until, time_zone, None if rule is None else rule.tree(), first),
        answers=resources.answers,
        clock=resources.clock,
        settings=resources.settings,
    )
    return Report.from_report(found)


@query(Permission.ANALYTICS_READ, "The reports that are kept, by name.")
async def saved_reports(info: Info) -> list[SavedReport] | None:
    return [SavedReport.from_document(row) for row in await queries.list_reports(info.context.actor)]


@query(
    Permission.ANALYTICS_READ,
    "What was used of the deployment, in the last 30 days by default, and what it stores now.",
)
async def usage(info: Info, from_: From = None, until: Until = None) -> Usage | None:
    resources = info.context.resources
    found = await queries.usage(
        info.context.actor, from_, until, clock=resources.clock, settings=resources.settings
    )
    return Usage.from_usage(found)
