"""Statistics, reports and usage as clients see them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import strawberry
from strawberry.scalars import JSON

from crm_graphql.analytics import reports, statistics
from crm_graphql.analytics.labels import country_name
from crm_graphql.analytics.metrics import ReportDimension, ReportMetric
from crm_graphql.analytics.queries import Asked, report, reports_by_ids
from crm_graphql.analytics.schema import enums as enums
from crm_graphql.analytics.spend_bands import Band
from crm_graphql.analytics.usage import Usage as Used
from crm_graphql.audiences.schema.loaders import rule_sentence
from crm_graphql.bulk.schema.types import CategoryCount
from crm_graphql.core.actor import Permission
from crm_graphql.core.money import from_units
from crm_graphql.core.paging import Row
from crm_graphql.gql.context import Info
from crm_graphql.gql.errors import Payload
from crm_graphql.gql.loaders import rows_by_id
from crm_graphql.gql.node import Node, global_id, register


@strawberry.type(description="How many spent an amount within a band.")
class HistogramBucket:
    from_: Decimal = strawberry.field(name="from", description="The least amount in it.")
    to: Decimal | None = strawberry.field(description="The first amount beyond it; null: all that is more.")
    count: int = strawberry.field(description="Customers.")

    @classmethod
    def from_band(cls, band: Band) -> HistogramBucket:
        """The band as clients see it."""
        return cls(
            from_=from_units(band.first),
            to=None if band.end is None else from_units(band.end),
            count=band.size,
        )


@strawberry.type(description="A value at a time.")
class TimePoint:
    at: date = strawberry.field(description="The first day of the stretch of time.")
    value: Decimal = strawberry.field(description="The value.")


@strawberry.type(description="Figures of customers as of a moment.")
class CustomerStats:
    as_of: datetime = strawberry.field(description="The moment that they are of.")
    total: int = strawberry.field(description="Customers.")
    active: int = strawberry.field(description="Customers whose last visit is at most 90 days ago.")
    new_last30_days: int = strawberry.field(
        name="newLast30Days", description="Customers who were made in the last 30 days."
    )
    total_spend: Decimal = strawberry.field(
        description="What they have spent, net of refunds, opening balances included."
    )
    average_spend: Decimal | None = strawberry.field(
        description="The same for each of them, to four places; null without customers."
    )
    spend_histogram: list[HistogramBucket] = strawberry.field(
        description="How many have spent how much: bands without gaps that hold everybody, as fine as the "
        "amounts want."
    )
    customers_by_month: list[TimePoint] = strawberry.field(
        description="New customers of each month, in the deployment's time zone, from the first one's until "
        "now."
    )
    top_countries: list[CategoryCount] = strawberry.field(
        description="The ten countries with most customers, the largest first."
    )

    @classmethod
    def from_statistics(cls, found: statistics.Statistics) -> CustomerStats:
        """The statistics as clients see them."""
        return cls(
            as_of=found.as_of,
            total=found.total,
            active=found.active,
            new_last30_days=found.recent,
            total_spend=from_units(found.spend),
            average_spend=found.average,
            spend_histogram=[HistogramBucket.from_band(one) for one in found.bands],
            customers_by_month=[TimePoint(at=month, value=Decimal(count)) for month, count in found.months],
            top_countries=[
                CategoryCount(name=country_name(country) or country, count=count)
                for country, count in found.countries
            ],
        )


@strawberry.type(description="One row of a report.")
class ReportRow:
    key: str = strawberry.field(
        description='What it is: "2026-03-29", "2026-W13", "2026-03", a country\'s code, a city or tag in '
        'folded case, a channel, a campaign\'s id; "" where customers have none.'
    )
    label: str = strawberry.field(description="The same for people.")
    at: date | None = strawberry.field(description="Of a stretch of time its first day.")
    values: list[Decimal | None] = strawberry.field(
        description="In the order of `metrics`; null where there is nothing to divide by."
    )


@strawberry.type(description="The figures that a report was asked for.")
class Report:
    as_of: datetime = strawberry.field(description="The moment that they are of.")
    metrics: list[ReportMetric] = strawberry.field(description="What the values are.")
    rows: list[ReportRow] = strawberry.field(
        description="By time in its order, stretches without anything too; else by the first metric, the "
        "largest first."
    )
    truncated: bool = strawberry.field(
        description="There were more rows than `first` let through; by time the earlier ones are left out."
    )

    @classmethod
    def from_report(cls, found: reports.Report) -> Report:
        """The report as clients see it."""
        return cls(
            as_of=found.as_of,
            metrics=list(found.metrics),
            rows=[
                ReportRow(key=row.key, label=row.label, at=row.at, values=list(row.values))
                for row in found.rows
            ],
            truncated=found.truncated,
        )


@strawberry.type(description="A report kept under a name, for all to see.")
class SavedReport(Node):
    name: str = strawberry.field(description="What it is called.")
    metrics: list[ReportMetric] = strawberry.field(description="What it tells.")
    by: ReportDimension = strawberry.field(description="What its rows are.")
    rule: JSON | None = strawberry.field(
        description="Whose figures, in the shape of RuleInput; null: of all customers."
    )
    row: strawberry.Private[Row]

    @classmethod
    def from_document(cls, row: Row) -> SavedReport:
        """The projection of a report's document."""
        return cls(
            id=global_id("SavedReport", row["_id"]),
            name=row["name"],
            metrics=[ReportMetric(metric) for metric in row["metrics"]],
            by=ReportDimension(row["by"]),
            rule=None if row.get("rule") is None else JSON(row["rule"]),
            row=row,
        )

    @strawberry.field(description="The rule as an English sentence; null: of all customers.")
    async def rule_text(self, info: Info) -> str | None:
        rule = self.row.get("rule")
        return None if rule is None else await rule_sentence(info, rule)

    @strawberry.field(
        description="As it is now: all of time, in the deployment's time zone, 100 rows at most."
    )
    async def report(self, info: Info) -> Report | None:
        resources = info.context.resources
        found = await report(
            info.context.actor,
            Asked(self.metrics, self.by, rule=self.row.get("rule")),
            answers=resources.answers,
            clock=resources.clock,
            settings=resources.settings,
        )
        return Report.from_report(found)


register(SavedReport, permission=Permission.ANALYTICS_READ, loader=rows_by_id(reports_by_ids))


@strawberry.type(description="What was used of the deployment within a span of time, and what it stores now.")
class Usage:
    as_of: datetime = strawberry.field(description="The moment that it is of.")
    requests: Decimal = strawberry.field(
        description="HTTP requests and operations over websockets, of the hours (UTC) that the span touches; "
        "what was asked in the last seconds may be missing."
    )
    messages: Decimal = strawberry.field(
        description="Messages of campaigns launched in the span: DELIVERIES."
    )
    records: Decimal = strawberry.field(description="Records that ingestions accepted.")
    active_users: int = strawberry.field(
        description="Users who asked for anything by GraphQL on the days (UTC) that the span touches."
    )
    assistant_tokens: Decimal = strawberry.field(
        description="Tokens that the assistant's model took, of the days (UTC) that the span touches."
    )
    storage_bytes: Decimal = strawberry.field(description="Bytes of files that are held now.")
    storage_limit_bytes: Decimal | None = strawberry.field(
        description="How many may be held (CRM_STORAGE_LIMIT_BYTES); null: no limit."
    )

    @classmethod
    def from_usage(cls, used: Used) -> Usage:
        """The usage as clients see it."""
        return cls(
            as_of=used.as_of,
            requests=Decimal(used.requests),
            messages=Decimal(used.messages),
            records=Decimal(used.records),
            active_users=used.active_users,
            assistant_tokens=Decimal(used.assistant_tokens),
            storage_bytes=Decimal(used.storage),
            storage_limit_bytes=None if used.storage_limit is None else Decimal(used.storage_limit),
        )


@strawberry.type(description="The saved report.")
class ReportSavePayload(Payload):
    saved_report: SavedReport | None = strawberry.field(
        default=None, description="As it is now; null when it was not saved."
    )


@strawberry.type(description="The deleted report.")
class ReportDeletePayload(Payload):
    deleted_id: strawberry.ID | None = strawberry.field(
        default=None, description="Its id; null when it was not deleted."
    )
