"""The catalogue of what a rule may name, with labels and known values: enough to draw a rule builder."""

from __future__ import annotations

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


@dataclass(frozen=True, slots=True)
class OperatorInfo:
    """An operator that a field takes, and what it wants as its value."""

    operator: RuleOperator
    label: str
    value_shape: RuleValueShape


@dataclass(frozen=True, slots=True)
class FieldInfo:
    """A field that a rule may name. `options` are its known values, where they are few; `choices` what people
    call them, where they are ids."""

    field: str
    label: str
    section: str
    type: RuleFieldType
    operators: tuple[OperatorInfo, ...]
    options: tuple[str, ...] | None = None
    choices: tuple[tuple[str, str], ...] | None = None


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
            options=field.options or (options or {}).get(field.name),
            choices=None if field.choices is None else tuple(field.choices.items()),
        )
        for field in fields.values()
    ]
