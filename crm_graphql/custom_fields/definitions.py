"""Definitions of custom fields as those who read and write values need them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bson import ObjectId

from crm_graphql.custom_fields.documents import CustomFieldType

PREFIX = "custom."
"""Before the key, in rules and as a column of files."""

Stored = Mapping[str, Any]
"""A customer's values by slot, as its document holds them."""


@dataclass(frozen=True, slots=True)
class Definition:
    """A custom field. `default` is as a document would hold it, a list as a tuple."""

    id: ObjectId
    key: str
    slot: str
    label: str
    type: CustomFieldType
    is_required: bool = False
    default: Any = None
    minimum: float | None = None
    maximum: float | None = None
    pattern: str | None = None
    options: tuple[str, ...] | None = None

    @classmethod
    def from_document(cls, row: Mapping[str, Any]) -> Definition:
        """The field of a stored definition."""
        default, options = row.get("default_value"), row.get("options")
        return cls(
            id=row["_id"],
            key=row["key"],
            slot=row["slot"],
            label=row["label"],
            type=CustomFieldType(row["type"]),
            is_required=row["is_required"],
            default=tuple(default) if isinstance(default, list) else default,
            minimum=row.get("minimum"),
            maximum=row.get("maximum"),
            pattern=row.get("pattern"),
            options=None if options is None else tuple(options),
        )

    @property
    def name(self) -> str:
        """Its name in rules and in files."""
        return f"{PREFIX}{self.key}"

    def value_of(self, stored: Stored | None) -> Any:
        """What a customer has, or the default, or None."""
        value = (stored or {}).get(self.slot)
        if value is None:
            return list(self.default) if isinstance(self.default, tuple) else self.default
        return value


class Definitions(Mapping[str, Definition]):
    """The custom fields that there are, by their keys, in the order in which they were made."""

    def __init__(self, fields: Iterable[Definition] = ()) -> None:
        self._by_key = {field.key: field for field in fields}

    def __getitem__(self, key: str) -> Definition:
        return self._by_key[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_key)

    def __len__(self) -> int:
        return len(self._by_key)

    def shown(self, stored: Stored | None) -> dict[str, Any]:
        """A customer's values by key, defaults filled in; what has neither is left out."""
        values = {key: field.value_of(stored) for key, field in self._by_key.items()}
        return {key: value for key, value in values.items() if value is not None}

    def columns(self, stored: Stored | None) -> list[Any]:
        """A customer's values in the order of the fields, None where there is none: a row of a table whose
        heading are the fields' names."""
        return [field.value_of(stored) for field in self._by_key.values()]


NO_FIELDS = Definitions()


def key_of_slot(slot: str) -> str:
    """The key of the field to which a slot belongs, or once belonged."""
    return slot.rpartition("_")[0]
