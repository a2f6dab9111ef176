"""Statistics of customers: one pass over those of a rule, or over all, from the covering index alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from pymongo.asynchronous.client_session import AsyncClientSession

from crm_graphql.analytics.axes import AXES, series
from crm_graphql.analytics.customer_groups import grouped, made_between
from crm_graphql.analytics.metrics import FOUR_PLACES, ReportDimension
from crm_graphql.analytics.pipelines import AS_NUMBER, Stage, band, day_of, local_month
from crm_graphql.analytics.reading import Budget
from crm_graphql.analytics.spend_bands import ALL_BOUNDS, Band, bands
from crm_graphql.audiences.rules import Rule
from crm_graphql.core.money import from_units
from crm_graphql.core.paging import Row
from crm_graphql.core.times import Duration
from crm_graphql.core.zones import local_day
from crm_graphql.customers.documents import Customer
from crm_graphql.customers.rule_indexes import COVERING_INDEX, EVERYONE

ACTIVE = Duration.parse("P90D")
NEW = Duration.parse("P30D")
TOP_COUNTRIES = 10
MONTHS = 600
"""So many months are told at the most, the newest."""
_SUMS = ("total", "spend", "active", "recent")


@dataclass(frozen=True, slots=True)
class Statistics:
    """The figures of some customers as of a moment. Money in ten-thousandths; countries in folded case."""

    as_of: datetime
    total: int
    active: int
    recent: int
    spend: int
    bands: Sequence[Band]
    months: Sequence[tuple[date, int]]
    countries: Sequence[tuple[str, int]]

    @property
    def average(self) -> Decimal | None:
        """What one has spent, to four places; None without customers."""
        if not self.total:
            return None
        return (from_units(self.spend) / self.total).quantize(FOUR_PLACES, ROUND_HALF_EVEN)


async def read_statistics(
    rule: Rule | None, at: datetime, budget: Budget, *, session: AsyncClientSession | None = None
) -> Statistics:
    """The statistics as of `at`, of whose zone days and months are. Raises TooSlow.

    With a session all is read in it, of all customers.
    """
    zone = at.tzinfo
    assert zone is not None, "the moment has a zone"
    between = await made_between()
    if between is None:
        return statistics_of((), at, zone)
    # Whoever comes while it is read is of a time that is known too.
    stages = _stages(at, zone, (between[0], max(between[1], at)))
    if session is None:
        rows = await grouped(rule, at, stages, budget, is_covered=True)
    else:
        whole = [{"$match": EVERYONE}, *stages]
        rows = await budget.rows(Customer, whole, hint=COVERING_INDEX, session=session)
    return statistics_of(rows, at, zone)


def _stages(at: datetime, zone: tzinfo, between: tuple[datetime, datetime]) -> list[Stage]:
    key = {
        "country": "$folded.country",
        "part": local_month("created_at", zone, between),
        "band": band("total_spend", ALL_BOUNDS),
    }
    sums = {
        "total": {"$sum": 1},
        "spend": {"$sum": "$total_spend"},
        "least": {"$min": "$total_spend"},
        "active": {"$sum": _within("last_visit_at", ACTIVE.before(at), at)},
        "recent": {"$sum": _within("created_at", NEW.before(at), at)},
    }
    return [{"$group": {"_id": key, **sums}}, AS_NUMBER]


def _within(field: str, since: datetime, at: datetime) -> dict[str, Any]:
    """1 for what happened between, as a rule with WITHIN_LAST has it."""
    path = f"${field}"
    return {"$cond": [{"$and": [{"$gte": [path, since]}, {"$lte": [path, at]}]}, 1, 0]}


def statistics_of(rows: Sequence[Row], at: datetime, zone: tzinfo) -> Statistics:
    """The groups of one pass, put together."""
    sums, by_band, by_month, by_country = Counter[str](), Counter[int](), Counter[date](), Counter[str]()
    for row in rows:
        key, total = row["_id"], row["total"]
        sums.update({name: row[name] for name in _SUMS})
        by_band[key["band"]] += total
        by_month[day_of(key["part"])] += total
        if key.get("country"):
            by_country[key["country"]] += total
    top = sorted(by_country.items(), key=lambda one: (-one[1], one[0]))[:TOP_COUNTRIES]
    return Statistics(
        as_of=at,
        total=sums["total"],
        active=sums["active"],
        recent=sums["recent"],
        spend=sums["spend"],
        bands=bands(by_band, min((row["least"] for row in rows), default=0)),
        months=_months(by_month, local_day(at, zone)),
        countries=top,
    )


def _months(counts: Mapping[date, int], today: date) -> Sequence[tuple[date, int]]:
    """Every month from that of the first customer to this one."""
    days = {month: {"customers": count} for month, count in counts.items()}
    axis = AXES[ReportDimension.MONTH]
    found = series(axis, days, first=None, last=max([today, *days]), limit=MONTHS)
    return [(month, measures.get("customers", 0)) for month, measures in found.stretches.items()]
