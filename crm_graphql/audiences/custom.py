"""Custom fields as rules name them: `custom.<key>`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from crm_graphql.audiences.fields import Default, RuleField, RuleFieldType
from crm_graphql.custom_fields.definitions import Definition
from crm_graphql.custom_fields.documents import CustomFieldType
from crm_graphql.custom_fields.values import compared

SECTION = "Custom fields"

_TYPES: Mapping[CustomFieldType, RuleFieldType] = {
    CustomFieldType.TEXT: RuleFieldType.TEXT,
    CustomFieldType.NUMBER: RuleFieldType.NUMBER,
    CustomFieldType.DATE: RuleFieldType.DATE_TIME,
    CustomFieldType.BOOLEAN: RuleFieldType.BOOLEAN,
    CustomFieldType.LIST: RuleFieldType.LIST,
}


def custom_rule_fields(definitions: Iterable[Definition], *, is_stored: bool = False) -> Sequence[RuleField]:
    """The fields as a new rule may name them, or as a stored one does: what a rule compares with is no
    option any more, once it was taken from the list."""
    return [_rule_field(definition, is_stored=is_stored) for definition in definitions]


def _rule_field(definition: Definition, *, is_stored: bool) -> RuleField:
    default = definition.default
    folded = compared(default)
    return RuleField(
        definition.name,
        definition.label,
        SECTION,
        _TYPES[definition.type],
        ("folded", "custom", definition.slot),
        options=None if is_stored else definition.options,
        default=None
        if default is None
        else Default(default, tuple(folded) if isinstance(folded, list) else folded),
        shown_path=("custom_fields", definition.slot),
        has_decimals=definition.type is CustomFieldType.NUMBER,
        is_day=definition.type is CustomFieldType.DATE,
    )
