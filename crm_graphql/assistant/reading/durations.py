"""Durations: a number of units of time as ISO 8601 says it."""

from __future__ import annotations

from decimal import Decimal

from crm_graphql.assistant.reading.atoms import Asked, Atom, Unit

_DURATIONS = {
    Unit.HOUR: (1, "PT{}H"),
    Unit.DAY: (1, "P{}D"),
    Unit.WEEK: (1, "P{}W"),
    Unit.FORTNIGHT: (2, "P{}W"),
    Unit.MONTH: (1, "P{}M"),
    Unit.QUARTER: (3, "P{}M"),
    Unit.HALF_YEAR: (6, "P{}M"),
    Unit.YEAR: (1, "P{}Y"),
    Unit.DECADE: (10, "P{}Y"),
}


def iso_duration(count: Decimal, unit: Atom) -> str:
    """The duration. Raises Asked for one that is no whole number of days or months."""
    factor, form = _DURATIONS[unit.value]
    number = count * factor
    if number != int(number) and unit.value is Unit.YEAR and number * 12 == int(number * 12):
        return f"P{int(number * 12)}M"
    if number != int(number) or not 0 < number < 10_000:
        raise Asked(f'How long is meant by "{count} {unit.text}"? Write it in whole days or months.')
    return form.format(int(number))
