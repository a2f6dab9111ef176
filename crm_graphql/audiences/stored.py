"""Rules as documents hold them: plain trees in the shape of RuleInput."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from bson import ObjectId

from crm_graphql.audiences.fields import GROUP
from crm_graphql.audiences.rules import AllOf, AnyOf, Not, Rule
from crm_graphql.audiences.values import INT64_LIMIT
from crm_graphql.core.ids import encode_id
from crm_graphql.custom_fields.definitions import PREFIX


def to_stored(rule: Rule) -> dict[str, Any]:
    """The tree in the shape of RuleInput, in values that BSON and JSON hold. `parse` reads it back equal."""
    if isinstance(rule, AllOf):
        return {"all": [to_stored(part) for part in rule.parts]}
    if isinstance(rule, AnyOf):
        return {"any": [to_stored(part) for part in rule.parts]}
    if isinstance(rule, Not):
        return {"not": to_stored(rule.part)}
    where: dict[str, Any] = {"field": rule.field.name, "operator": rule.operator.value}
    if rule.given is not None:
        where["value"] = _plain(rule.given)
    return {"where": where}


def names_group(rule: Mapping[str, Any], group_id: ObjectId | None = None) -> bool:
    """Whether a stored rule names the group, or any group."""
    key = None if group_id is None else encode_id("Group", group_id)
    for where in _conditions(rule):
        if where["field"] == GROUP:
            given = where.get("value")
            values = given if isinstance(given, list) else [given]
            if key is None or key in values:
                return True
    return False


def custom_keys(*rules: Mapping[str, Any]) -> frozenset[str]:
    """The keys of the custom fields that stored rules name."""
    names = (where["field"] for rule in rules for where in _conditions(rule))
    return frozenset(name.removeprefix(PREFIX) for name in names if name.startswith(PREFIX))


def _conditions(rule: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The conditions of a stored rule, in the order of the tree."""
    for key, inner in rule.items():
        if key == "where":
            yield inner
        elif key == "not":
            yield from _conditions(inner)
        else:
            for part in inner:
                yield from _conditions(part)


def _plain(value: Any) -> Any:
    """Decimals become the number that stands for them, or text where a number would lose digits."""
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if not isinstance(value, Decimal):
        return value
    if value == value.to_integral_value() and abs(value) < INT64_LIMIT:
        return int(value)
    number = float(value)
    return number if Decimal(repr(number)) == value else f"{value:f}"
