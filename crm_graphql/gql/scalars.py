"""Scalars: dates, moments, money and JSON as they travel."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import strawberry
from graphql import GraphQLError, GraphQLFloat
from graphql.language import FloatValueNode, IntValueNode, StringValueNode, ValueNode
from graphql.type.scalars import coerce_float
from strawberry.types.scalar import ScalarDefinition

from crm_graphql.core.times import format_moment, parse_moment


def _parse_date(value: object) -> date:
    try:
        if isinstance(value, str) and len(value) == 10:
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise GraphQLError(f"{_shown(value)} is not a date like 2024-06-30.")


def _parse_datetime(value: object) -> datetime:
    if not isinstance(value, str):
        raise GraphQLError(f"{_shown(value)} is not a text with an RFC 3339 date-time.")
    try:
        return parse_moment(value)
    except ValueError as error:
        raise GraphQLError(f"{_shown(value)} {error}.") from None


def _parse_decimal(value: object) -> Decimal:
    """Text or a JSON number. Numbers arrive as Decimal: the HTTP view never makes floats of them."""
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        raise GraphQLError(f"{_shown(value)} is not a decimal number like 12.50.")
    text = str(value)
    plain = value if not isinstance(value, str) else text if set(text) <= set("+-.0123456789") else "no"
    try:
        number = Decimal(str(plain))
    except ArithmeticError:
        raise GraphQLError(f"{_shown(value)} is not a decimal number like 12.50.") from None
    if not number.is_finite():
        raise GraphQLError(f"{_shown(value)} is not a finite number.")
    if number != number.quantize(Decimal("0.0001")) if abs(number) < 10**20 else True:
        raise GraphQLError(f"{_shown(value)} has more than 4 decimals or is too large.")
    return number


def _decimal_literal(node: ValueNode, _variables: dict[str, Any] | None = None) -> Decimal:
    if isinstance(node, StringValueNode | IntValueNode | FloatValueNode):
        return _parse_decimal(node.value if isinstance(node, StringValueNode) else Decimal(node.value))
    raise GraphQLError("A decimal number like 12.50 is needed here.")


def _format_decimal(value: object) -> str:
    if not isinstance(value, Decimal):
        raise GraphQLError("A decimal was expected here.")
    text = f"{value:.4f}".rstrip("0")
    whole, _, decimals = text.partition(".")
    return f"{whole}.{decimals.ljust(2, '0')}"


def _format_datetime(value: object) -> str:
    if not isinstance(value, datetime):
        raise GraphQLError("A moment was expected here.")
    return format_moment(value)


def _shown(value: object) -> str:
    text = str(value)
    return f'"{text[:97]}..."' if len(text) > 100 else f'"{text}"'


DATE = strawberry.scalar(
    name="Date",
    description="YYYY-MM-DD.",
    serialize=lambda value: value.isoformat(),
    parse_value=_parse_date,
)
DATE_TIME = strawberry.scalar(
    name="DateTime",
    description="RFC 3339, always sent with Z. A date alone is 00:00 UTC. Anything else is refused.",
    serialize=_format_datetime,
    parse_value=_parse_datetime,
)
DECIMAL = strawberry.scalar(
    name="Decimal",
    description='Finite, plain notation ("12.50"), at most 4 decimals, sent as a string. '
    "A JSON number is taken too.",
    serialize=_format_decimal,
    parse_value=_parse_decimal,
    parse_literal=_decimal_literal,
)


def _parse_float(value: object) -> float:
    """A JSON number arrives as Decimal, which GraphQL's own scalar does not know."""
    return coerce_float(float(value) if isinstance(value, Decimal) else value)


# The type itself cannot be made anew: its name is reserved.
GraphQLFloat.parse_value = GraphQLFloat.coerce_input_value = _parse_float  # type: ignore[method-assign]

SCALARS: dict[object, ScalarDefinition] = {date: DATE, datetime: DATE_TIME, Decimal: DECIMAL}
