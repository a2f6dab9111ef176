"""Inputs of saved reports."""

from __future__ import annotations

import strawberry

from crm_graphql.analytics.metrics import ReportDimension, ReportMetric
from crm_graphql.analytics.schema import enums as enums
from crm_graphql.audiences.schema.inputs import RuleInput


@strawberry.input(description="A report to keep.")
class ReportSaveInput:
    id: strawberry.ID | None = strawberry.field(
        default=None, description="Which report to replace; a new one when left out."
    )
    name: str = strawberry.field(description="What to call it; at most 200 characters.")
    metrics: list[ReportMetric] = strawberry.field(description="What it tells, at least one.")
    by: ReportDimension = strawberry.field(description="What its rows are.")
    rule: RuleInput | None = strawberry.field(
        default=None, description="Whose figures; of all customers when left out."
    )


@strawberry.input(description="The end of a report.")
class ReportDeleteInput:
    id: strawberry.ID = strawberry.field(description="Which report.")
