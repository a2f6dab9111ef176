"""The catalogue of what a rule may name, with labels and known values: enough to draw a rule builder."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from crm_graphql.audiences.describe import phrase
from crm_graphql.audiences.fields import (
    CUSTOMER_FIELDS,
    OPERATORS,
    RuleFields,
    RuleFieldType,
    RuleOperator,
    RuleValueShape,
    value_shape,
)
from crm_graphql.core.actor import Actor, Permission
from crm_graphql.customers.documents import Customer


@dataclass(frozen=True, slots=True)
class OperatorInfo:
    """An operator that a field takes, and what it wants as its value."""

    operator: RuleOperator
    label: str
    value_shape: RuleValueShape


@dataclass(frozen=True, slots=True)
class FieldInfo:
    """A field that a rule may name. `options` are its known values, where they are few."""

    field: str
    label: str
    section: str
    type: RuleFieldType
    operators: tuple[OperatorInfo, ...]
    options: tuple[str, ...] | None = None


def catalogue(
    fields: RuleFields = CUSTOMER_FIELDS, options: dict[str, tuple[str, ...]] | None = None
) -> list[FieldInfo]:
    """All fields in the order of the builder; `options` holds known values by field."""
    return [
        FieldInfo(
            field=field.name,
            label=field.label,
            section=field.section,
            type=field.type,
            operators=tuple(
                OperatorInfo(operator, phrase(operator, field.type), value_shape(operator))
                for operator in OPERATORS[field.type]
            ),
            options=(options or {}).get(field.name),
        )
        for field in fields.values()
    ]


OPTIONS_LIMIT = 50


async def rule_fields(actor: Actor) -> list[FieldInfo]:
    """Every field that a rule may name; countries, cities and tags with their values while there are at most
    fifty. Requires AUDIENCES_READ."""
    actor.require(Permission.AUDIENCES_READ)
    names = ("country", "city", "tags")
    found = await asyncio.gather(*(_known_values(name) for name in names))
    return catalogue(
        options={name: tuple(values) for name, values in zip(names, found, strict=True) if values}
    )


async def _known_values(name: str) -> Sequence[str]:
    """The values of customers' field `name`, each as one of them writes it; none when too many.

    Goes from one value to the next in the index, so it costs the same for few customers and many.
    """
    path, values, last = f"folded.{name}", list[str](), ""
    customers = Customer.get_pymongo_collection()
    while len(values) <= OPTIONS_LIMIT:
        cursor = customers.find({path: {"$gt": last}}, {name: 1, path: 1}).hint("folded").limit(1)
        row = await anext(cursor, None)
        if row is None:
            return values
        given, folded = row[name], row["folded"][name]
        if isinstance(folded, list):
            # The index is read upwards, so the customer was found by the least of its tags beyond the last.
            folded, given = min(pair for pair in zip(folded, given, strict=True) if pair[0] > last)
        values.append(given)
        last = folded
    return ()
