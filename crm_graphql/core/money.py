"""Money as whole ten-thousandths of the deployment's currency.

Exact, fast to add and to index; the decision and what it costs are in docs/decisions/0001. Texts and
`Decimal`s exist only at the edge.
"""

from __future__ import annotations

from decimal import Decimal

UNITS = 10_000
LIMIT = 10**12
"""Amounts are below this, in whole currency, on either side of zero."""


class MoneyError(ValueError):
    """The value is no amount of money; the message says why, without the value."""


def to_units(value: Decimal | int | str) -> int:
    """The amount in ten-thousandths. Raises MoneyError unless finite, at most 4 decimals, below 10^12."""
    try:
        number = value if isinstance(value, Decimal) else Decimal(_plain(value))
    except ArithmeticError:
        raise MoneyError("is not a decimal number like 12.50") from None
    if not number.is_finite():
        raise MoneyError("must be a finite number")
    if abs(number) >= LIMIT:
        raise MoneyError("must be below 1000000000000")
    scaled = number * UNITS
    units = int(scaled)
    if units != scaled:
        raise MoneyError("has more than 4 decimals")
    return units


def from_units(units: int) -> Decimal:
    """The amount as an exact decimal."""
    return Decimal(units).scaleb(-4)


def to_text(units: int) -> str:
    """Plain notation with at least two decimals: 12.50, -0.0001."""
    sign = "-" if units < 0 else ""
    whole, rest = divmod(abs(units), UNITS)
    decimals = f"{rest:04d}"
    return f"{sign}{whole}.{decimals[:2]}{decimals[2:].rstrip('0')}"


def for_reading(units: int, currency: str) -> str:
    """An amount in a sentence: "1,234.50 USD"."""
    whole, _, decimals = to_text(abs(units)).partition(".")
    return f"{'-' if units < 0 else ''}{int(whole):,}.{decimals} {currency}"


def _plain(value: int | str) -> int | str:
    """Refuse the notations that Decimal takes and people do not mean: 1_000, NaN payloads, full-width."""
    if isinstance(value, str) and not (value.isascii() and set(value) <= set("+-.0123456789")):
        raise MoneyError("is not a decimal number like 12.50")
    return value
