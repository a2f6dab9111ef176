"""Template fields: the values that a message may name, how a row freezes them, how a template sees them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from liquid.undefined import Undefined

from crm_graphql.campaigns.liquid_numbers import Amount
from crm_graphql.core.money import UNITS, to_text
from crm_graphql.core.times import format_moment
from crm_graphql.custom_fields.definitions import Definitions
from crm_graphql.custom_fields.documents import CustomFieldType


@dataclass(frozen=True, slots=True)
class TemplateField:
    """A value by its name in templates ("customer.name"). `example` is how it prints."""

    name: str
    label: str
    example: str | None = None


CATALOGUE: tuple[TemplateField, ...] = (
    TemplateField("customer.name", "Name", "Ann Lee"),
    TemplateField("customer.email", "Email address", "ann.lee@example.com"),
    TemplateField("customer.phone", "Phone number", "+14155550132"),
    TemplateField("customer.city", "City", "Lisbon"),
    TemplateField("customer.country", "Country", "PT"),
    TemplateField("customer.tags", "Tags (a list; print it with | join: ', ')", "newsletter"),
    TemplateField("customer.total_spend", "Total spend, net of refunds", "1234.50"),
    TemplateField("customer.visit_count", "Number of visits", "7"),
    TemplateField(
        "customer.last_visit_at", "Last visit (format it with | date: '%d %B %Y')", "2024-06-30T09:30:00Z"
    ),
    TemplateField(
        "customer.first_visit_at", "First visit (format it with | date: '%d %B %Y')", "2022-01-15T18:05:00Z"
    ),
    TemplateField("customer.external_id", "Customer id in your own system", "C-1042"),
    TemplateField("campaign.name", "The campaign's name", "Summer sale"),
    TemplateField(
        "unsubscribe_url",
        "Link by which the customer unsubscribes from this",
        "https://crm.example.com/u/...",
    ),
    TemplateField(
        "preferences_url",
        "Link to a page where the customer chooses what they get",
        "https://crm.example.com/preferences/...",
    ),
)

LINKS = frozenset({"unsubscribe_url", "preferences_url"})
"""The fields that are addresses of pages of this deployment, made for each recipient."""

FIELD_NAMES = tuple(field.name for field in CATALOGUE)

EXAMPLE_LINKS: Mapping[str, str] = {
    field.name: str(field.example) for field in CATALOGUE if field.name in LINKS
}
EXAMPLE_CAMPAIGN_NAME = "Summer sale"
EXAMPLE_CUSTOMER: Mapping[str, Any] = {
    "name": "Ann Lee",
    "email": "ann.lee@example.com",
    "phone": "+14155550132",
    "city": "Lisbon",
    "country": "PT",
    "tags": ["newsletter"],
    "total_spend": 12_345 * UNITS // 10,
    "visit_count": 7,
    "last_visit_at": datetime(2024, 6, 30, 9, 30, tzinfo=UTC),
    "first_visit_at": datetime(2022, 1, 15, 18, 5, tzinfo=UTC),
    "external_id": "C-1042",
}
"""A made-up customer document, for previews."""

CUSTOM = "customer.custom."
"""Before the key of a custom field."""
CUSTOM_NAME = re.compile(r"customer\.custom\.[a-z][a-z0-9_]{0,49}", re.ASCII)
CUSTOM_VALUES = "custom_fields"
"""Where a customer's document has the values of custom fields."""


class CustomNames(dict[str, str]):
    """The names of custom fields in templates, each with its type; hashed, since parsed messages are kept by
    it."""

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(frozenset(self.items()))


EXAMPLES: Mapping[str, Any] = {
    CustomFieldType.TEXT.value: "Gold",
    CustomFieldType.NUMBER.value: 12.5,
    CustomFieldType.DATE.value: "2024-06-30",
    CustomFieldType.BOOLEAN.value: True,
    CustomFieldType.LIST.value: ["Gold", "Silver"],
}
"""Values of custom fields, for previews, by type."""

Values = dict[str, dict[str, Any]]

# Values are frozen in a form that MongoDB gives back equal and that prints as it is.
_FREEZE: dict[str, Callable[[Any], Any]] = {
    "tags": list,
    "total_spend": to_text,
    "last_visit_at": format_moment,
    "first_visit_at": format_moment,
}
_THAW: dict[str, Callable[[Any], Any]] = {"total_spend": Amount.of}


class Missing(Undefined):
    """A value that this customer does not have; printing it is noted in `noted`."""

    __slots__ = ("_noted",)

    def __init__(self, name: str, noted: list[str]) -> None:
        super().__init__(name)
        self._noted = noted

    def __str__(self) -> str:
        self._noted.append(self.name)
        return ""


def freeze(
    fields: Iterable[str],
    customer: Mapping[str, Any],
    campaign_name: str,
    links: Mapping[str, str],
    custom: Mapping[str, Any],
) -> Values:
    """The values of `fields` in the form that a ledger row stores; those without a value are left out.

    `customer` is a customer document, or as much of it as the fields need; `links` are the addresses of the
    customer's own pages, `custom` its values of custom fields by their keys.
    """
    values: Values = {}
    for field in fields:
        if field in LINKS:
            values.setdefault("links", {})[field] = links[field]
            continue
        if field.startswith(CUSTOM):
            if (shown := custom.get(key := field.removeprefix(CUSTOM))) is not None:
                values.setdefault("custom", {})[key] = shown
            continue
        kind, _, name = field.partition(".")
        value = campaign_name if kind == "campaign" else customer.get(name)
        if value is None or value == "" or value == []:
            continue
        values.setdefault(kind, {})[name] = _FREEZE[name](value) if name in _FREEZE else value
    return values


def thaw(fields: Iterable[str], values: Mapping[str, Any], noted: list[str]) -> dict[str, Any]:
    """What a template sees: the frozen values, and a `Missing` in each place where there is none."""
    seen: dict[str, Any] = {"customer": {}, "campaign": {}}
    for field in fields:
        if field in LINKS:
            seen[field] = values.get("links", {}).get(field) or Missing(field, noted)
            continue
        if field.startswith(CUSTOM):
            key = field.removeprefix(CUSTOM)
            shown = values.get("custom", {}).get(key)
            seen["customer"].setdefault("custom", {})[key] = (
                Missing(field, noted) if shown is None else _exact(shown)
            )
            continue
        kind, _, name = field.partition(".")
        value = values.get(kind, {}).get(name)
        if value is None:
            seen[kind][name] = [] if name == "tags" else Missing(field, noted)
        else:
            seen[kind][name] = _THAW[name](value) if name in _THAW else value
    return seen


def _exact(value: Any) -> Any:
    """A number with decimals as Liquid compares and reckons with it."""
    return Decimal(repr(value)) if isinstance(value, float) else value


def names_of(custom: Definitions) -> CustomNames:
    """The names by which templates know custom fields."""
    return CustomNames({f"{CUSTOM}{field.key}": field.type.value for field in custom.values()})


def example_values(custom: Definitions) -> dict[str, Any]:
    """Values of a made-up customer, by slot."""
    return {
        field.slot: list(field.options[:2]) if field.options else EXAMPLES[field.type.value]
        for field in custom.values()
    }


def custom_catalogue(custom: Definitions) -> Iterable[TemplateField]:
    """The custom fields that a message may name."""
    for field, example in zip(custom.values(), example_values(custom).values(), strict=True):
        shown = ", ".join(example) if isinstance(example, list) else str(example)
        yield TemplateField(f"{CUSTOM}{field.key}", field.label, shown.lower() if example is True else shown)
