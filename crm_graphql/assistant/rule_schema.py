"""JSON schema of a rule, made from the catalogue of fields: what a model may answer, and nothing beside it.

By the rules of structured outputs: every key is required, none is added, and the root is an object. What the
schema cannot say (a range's ends, a date that exists, the depth) the rule's own check says afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from crm_graphql.assistant.outcomes import SuggestionOutcome
from crm_graphql.audiences.catalogue import FieldInfo
from crm_graphql.audiences.fields import RuleFieldType, RuleValueShape

JsonSchema = dict[str, Any]

_SCALARS: Mapping[RuleFieldType, JsonSchema] = {
    RuleFieldType.NUMBER: {"type": "integer"},
    RuleFieldType.MONEY: {"type": "string", "description": 'A decimal number: "5000" or "12.50".'},
    RuleFieldType.TEXT: {"type": "string"},
    RuleFieldType.LIST: {"type": "string"},
    RuleFieldType.DATE_TIME: {
        "type": "string",
        "description": 'A date, which is its whole day: "2024-06-30"; or a moment: "2024-06-30T12:00:00Z".',
    },
    RuleFieldType.BOOLEAN: {"type": "boolean"},
}
if left_out := set(RuleFieldType) - _SCALARS.keys():
    raise AssertionError(f"types without a schema: {left_out}")

_RULE = {"$ref": "#/$defs/rule"}


def suggestion_schema(fields: Sequence[FieldInfo]) -> JsonSchema:
    """The schema of a whole answer: outcome, rule or null, notes."""
    suggestion = _object(
        outcome={"type": "string", "enum": [outcome.value for outcome in SuggestionOutcome]},
        rule={"anyOf": [_RULE, {"type": "null"}]},
        notes={"type": "array", "items": {"type": "string"}},
    )
    return {**suggestion, "$defs": {"rule": rule_schema(fields)}}


def rule_schema(fields: Sequence[FieldInfo]) -> JsonSchema:
    """The schema of a rule, which refers to itself as `#/$defs/rule`."""
    return {
        "anyOf": [
            _object(all={"type": "array", "items": _RULE, "minItems": 1}),
            _object(any={"type": "array", "items": _RULE, "minItems": 1}),
            {
                "type": "object",
                "properties": {"not": _RULE},
                "required": ["not"],
                "additionalProperties": False,
            },
            _object(where={"anyOf": list(_conditions(fields))}),
        ]
    }


def _conditions(fields: Sequence[FieldInfo]) -> Iterator[JsonSchema]:
    """One schema for each kind and shape of value: no field stands by an operator that it does not take."""
    kinds = list(RuleFieldType)
    for kind, alike in groupby(sorted(fields, key=lambda one: kinds.index(one.type)), lambda one: one.type):
        named = list(alike)
        for shape in RuleValueShape:
            operators = [one.operator.value for one in named[0].operators if one.value_shape is shape]
            if not operators:
                continue
            condition = {
                "field": {"type": "string", "enum": [one.field for one in named]},
                "operator": {"type": "string", "enum": operators},
            }
            value = _value(kind, shape)
            yield _object(**condition, **({} if value is None else {"value": value}))


def _value(kind: RuleFieldType, shape: RuleValueShape) -> JsonSchema | None:
    scalar = _SCALARS[kind]
    match shape:
        case RuleValueShape.NONE:
            return None
        case RuleValueShape.ONE:
            return scalar
        case RuleValueShape.LIST:
            return {"type": "array", "items": scalar, "minItems": 1}
        case RuleValueShape.RANGE:
            return {"type": "array", "items": scalar, "minItems": 2, "maxItems": 2}
        case RuleValueShape.DURATION:
            return {"type": "string", "description": 'An ISO 8601 duration: "P90D", "P6M", "P1Y".'}


def _object(**properties: JsonSchema) -> JsonSchema:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
