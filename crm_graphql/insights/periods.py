"""The two periods that are compared, as conditions of rules and as ranges of MongoDB."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from crm_graphql.core.times import format_moment

DAYS = 30
AWAY_DAYS = 90
"""After so long without a visit a customer counts as one who stays away."""

RawRule = Mapping[str, Any]


def where(field: str, operator: str, value: Any) -> RawRule:
    """One condition in the shape of RuleInput."""
    return {"where": {"field": field, "operator": operator, "value": value}}


def within(field: str, *, from_days: int = 0, to_days: int) -> list[RawRule]:
    """The conditions that hold for what happened between so many days ago, counted from whenever they are
    asked: a rule that is saved goes along with time."""
    found = [where(field, "WITHIN_LAST", f"P{to_days}D")]
    return [*found, where(field, "NOT_WITHIN_LAST", f"P{from_days}D")] if from_days else found


@dataclass(frozen=True, slots=True)
class Periods:
    """The last 30 days until `at`, and the 30 before."""

    at: datetime

    @property
    def start(self) -> datetime:
        """The first moment of the last 30 days."""
        return self.days_ago(DAYS)

    @property
    def start_before(self) -> datetime:
        """The first moment of the 30 days before."""
        return self.days_ago(2 * DAYS)

    def days_ago(self, days: int) -> datetime:
        """The moment so long before the end."""
        return self.at - timedelta(days=days)

    def before(self, field: str) -> RawRule:
        """The rule of what happened in the 30 days before."""
        first, last = format_moment(self.start_before), format_moment(self.start)
        return {"all": [where(field, "GTE", first), where(field, "LT", last)]}
