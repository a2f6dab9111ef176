"""Draws random rules."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from crm_graphql.audiences.fields import (
    CUSTOMER_FIELDS,
    OPERATORS,
    RuleField,
    RuleFieldType,
    RuleOperator,
    RuleValueShape,
    value_shape,
)
from crm_graphql.core.money import to_text
from crm_graphql.core.times import format_moment, parse_moment
from tests.audiences.factories import AT, COUNTS, DURATIONS, OFFSETS, TEXTS, UNITS, where

_TEXT_VALUES = st.one_of(
    st.sampled_from(TEXTS),
    st.sampled_from([text.swapcase() for text in TEXTS]),
    st.sampled_from([text[:1] for text in TEXTS] + [text[-1:] for text in TEXTS]),
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=4),
)
_VALUES: dict[RuleFieldType, st.SearchStrategy[Any]] = {
    RuleFieldType.MONEY: st.one_of(
        st.sampled_from([to_text(units) for units in UNITS]), st.sampled_from([0, 5, 11.77, -2.5, 100])
    ),
    RuleFieldType.NUMBER: st.one_of(st.sampled_from(COUNTS), st.integers(-1, 12)),
    RuleFieldType.TEXT: _TEXT_VALUES,
    RuleFieldType.LIST: _TEXT_VALUES,
    RuleFieldType.DATE_TIME: st.sampled_from(
        [
            *(format_moment(AT - offset) for offset in OFFSETS),
            *((AT - offset).date().isoformat() for offset in OFFSETS),
        ]
    ),
}


@st.composite
def _conditions(draw: st.DrawFn) -> dict[str, Any]:
    field: RuleField = draw(st.sampled_from(list(CUSTOMER_FIELDS.values())))
    operator: RuleOperator = draw(st.sampled_from(OPERATORS[field.type]))
    condition: dict[str, Any] = {"field": field.name, "operator": operator.value}
    shape = value_shape(operator)
    values = st.sampled_from(field.options) if field.options else _VALUES[field.type]
    if shape is RuleValueShape.ONE:
        condition["value"] = draw(values)
    elif shape is RuleValueShape.LIST:
        condition["value"] = draw(st.lists(values, min_size=1, max_size=4))
    elif shape is RuleValueShape.RANGE:
        condition["value"] = sorted((draw(values), draw(values)), key=_sort_key)
    elif shape is RuleValueShape.DURATION:
        condition["value"] = draw(st.sampled_from(DURATIONS))
    return {"where": condition}


def _sort_key(value: Any) -> Any:
    """The order of values as the product sees it: moments may have a fraction of a second or none."""
    return parse_moment(value) if isinstance(value, str) and value[4:5] == "-" else Decimal(str(value))


def trees(
    depth: int, conditions: st.SearchStrategy[dict[str, Any]] | None = None
) -> st.SearchStrategy[dict[str, Any]]:
    """Rules in the shape of RuleInput, at most so many levels deep."""
    conditions = _conditions() if conditions is None else conditions
    if depth == 1:
        return conditions
    parts = trees(depth - 1, conditions)
    groups = st.lists(parts, min_size=1, max_size=3)
    return st.one_of(
        conditions,
        st.builds(lambda found: {"all": found}, groups),
        st.builds(lambda found: {"any": found}, groups),
        st.builds(lambda found: {"not": found}, parts),
    )


_FEW = st.sampled_from(
    [
        *(where("totalSpend", operator, "0") for operator in ("EQ", "NE", "GT")),
        *(
            where("totalSpend", "IN", values)
            for values in (["0.0001"], ["0.0001", "0.0001"], ["0", "0.0001"])
        ),
        where("totalSpend", "EQ", "0.0001"),
        where("visitCount", "NOT_SET"),
        *(where("visitCount", "EQ", value) for value in (0, 1)),
        where("name", "EQ", "a"),
    ]
)

REPEATED = trees(4, _FEW)
"""Rules that say the same again and again."""

RULES = trees(4)
"""Rules in the shape of RuleInput, at most four levels deep."""
