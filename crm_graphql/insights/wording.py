"""The wording of insights: a short title and one sentence with both figures."""

from __future__ import annotations

from decimal import Decimal

LAST = "in the last 30 days"
BEFORE = "in the 30 days before"


def more_or_fewer(value: float, before: float) -> str:
    """The first word of a title about people."""
    return "More" if value > before else "Fewer"


def compared(value: float, before: float, *, less: str = "less") -> str:
    """How the value stands to what it was: "25% more". `less` is the word for what is counted: "fewer"."""
    percent = round(abs(value - before) / before * 100)
    return f"{percent:,}% {'more' if value > before else less}"


def people(what: str, value: int, before: int) -> str:
    """A sentence about customers; `what` is what they did: "bought for the first time"."""
    who = "1 customer" if value == 1 else f"{value:,} customers"
    change = compared(value, before, less="fewer")
    return f"{who} {what} {LAST}, {change} than the {before:,} {BEFORE}."


def percent(part: int, whole: int) -> Decimal:
    """A share in percent, with one decimal."""
    return round(Decimal(part) * 100 / whole, 1)
