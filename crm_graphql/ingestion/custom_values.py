"""Custom fields and metadata of a row, checked against the fields that there are."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

from msgspec import UNSET

from crm_graphql.custom_fields.definitions import PREFIX, Definitions
from crm_graphql.custom_fields.values import Unfit, read_value
from crm_graphql.customers.metadata import BadMetadata, read_metadata
from crm_graphql.ingestion.values import BadPart, BadValue, is_placeholder

_SHOWN = 60


@dataclass(frozen=True, slots=True)
class CustomCheck:
    """Checks values of custom fields: `fields` are those that there were when the ingestion began, `zone` is
    that of which the day of a moment is. `blank_clears` whether an empty text is a null, or was left out."""

    fields: Definitions
    zone: tzinfo
    blank_clears: bool

    def read(self, given: Any, left_out: list[BadPart]) -> dict[str, Any] | None:
        """The values by slot, None for one that is cleared. What stands for nothing goes to `left_out`: it
        costs the record no more than that. Raises BadValue, BadPart for what is wrong with one of them."""
        values = _object(given)
        found: dict[str, Any] = {}
        for key, raw in values.items():
            field = self.fields.get(key)
            name = f"{PREFIX}{str(key)[:_SHOWN]}"
            if field is None:
                raise BadPart("is no custom field. Make it first (customFieldCreate).", name, raw)
            if raw is UNSET or (raw == "" and not self.blank_clears):
                continue
            if is_placeholder(raw):
                left_out.append(BadPart("stands for no value. Leave the cell empty.", name, raw))
                continue
            try:
                found[field.slot] = read_value(field, raw, self.zone)
            except Unfit as error:
                raise BadPart(str(error), name, raw) from None
        return found or None


def read_row_metadata(given: Any) -> dict[str, str | None] | None:
    """The metadata of a row, as it is kept. Raises BadValue."""
    try:
        return read_metadata(_object(given)) or None
    except BadMetadata as error:
        raise BadValue(str(error)) from None


def _object(given: Any) -> Mapping[str, Any]:
    """The object itself, or what a cell holds of it as JSON."""
    if type(given) is str:
        try:
            given = json.loads(given)
        except (ValueError, RecursionError):
            given = None
    if not isinstance(given, Mapping):
        raise BadValue("is no object of values by their keys.")
    return given
