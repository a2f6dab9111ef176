"""The wording of insights: a short title and one sentence with both figures."""

from __future__ import annotations

from decimal import Decimal

from crm_graphql.core.money import to_text

LAST = "in the last 30 days"
BEFORE = "in the 30 days before"


def more_or_fewer(value: float, before: float) -> str:
    """The first word of a title about people."""
    return "More" if value > before else "Fewer"


def compared(value: float, before: float) -> str:
    """How the value stands to what it was: "25% more"."""
    percent = round(abs(value - before) / before * 100)
    return f"{percent:,}% {'more' if value > before else 'less'}"


def people(what: str, value: int, before: int) -> str:
    """A sentence about customers; `what` is what they did: "bought for the first time"."""
    return f"{value:,} customers {what} {LAST}, {compared(value, before)} than the {before:,} {BEFORE}."


def money(units: int, currency: str) -> str:
    """An amount for reading: "1,234.50 USD"."""
    whole, _, decimals = to_text(abs(units)).partition(".")
    return f"{'-' if units < 0 else ''}{int(whole):,}.{decimals} {currency}"


def percent(part: int, whole: int) -> Decimal:
    """A share in percent, with one decimal."""
    return round(Decimal(part) * 100 / whole, 1)
