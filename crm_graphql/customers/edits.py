"""Edits of customers as callers give them, checked as imports check their rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

from crm_graphql.core.errors import ErrorCode, Faults, InvalidInput, Problem, RequiredInput
from crm_graphql.core.settings import Settings
from crm_graphql.core.zones import zone_of
from crm_graphql.custom_fields.definitions import NO_FIELDS, Definition, Definitions
from crm_graphql.custom_fields.queries import definitions
from crm_graphql.custom_fields.values import Unfit, read_value
from crm_graphql.customers import values as check
from crm_graphql.customers.metadata import checked_metadata
from crm_graphql.customers.queries import CustomerReference
from crm_graphql.customers.records import CustomerRecord
from crm_graphql.customers.values import BadValue

_CHECKS: Mapping[str, Callable[[Any], Any]] = {
    "name": check.text,
    "email": check.email,
    "city": check.text,
    "country": check.country,
    "time_zone": check.time_zone,
    "is_tracked": check.is_tracked,
    "tags": check.tags,
}
_NAMES = {"time_zone": "timeZone", "is_tracked": "isTracked"}
"""As callers know them."""
_SHOWN = 60
FIELDS = (*_CHECKS, "phone", "custom_fields", "metadata")
"""What people edit."""
_BY_KEY = frozenset({"custom_fields", "metadata"})


@dataclass(frozen=True, slots=True)
class Fields:
    """What the checks of values need of a deployment."""

    default_country: str | None
    """Of telephone numbers that name none."""
    custom: Definitions
    zone: tzinfo
    """Of which the day of a moment is."""

    @classmethod
    async def read(cls, settings: Settings, *changes: Mapping[str, Any]) -> Fields:
        """As they are now; the definitions of custom fields only where one of the changes gives some."""
        is_asked = any("custom_fields" in given for given in changes)
        custom = await definitions() if is_asked else NO_FIELDS
        return cls(settings.country or None, custom, zone_of(settings.time_zone))


@dataclass(frozen=True, slots=True)
class Values:
    """Checked values as they are stored: of fields by name, of custom fields by slot, of metadata by key."""

    changes: dict[str, Any]
    custom: dict[str, Any] | None = None
    metadata: dict[str, str | None] | None = None

    def record(self, external_id: str) -> CustomerRecord:
        """The values as the record that is merged into the customer."""
        return CustomerRecord(0, external_id, self.changes, custom=self.custom, metadata=self.metadata)


@dataclass(frozen=True, slots=True)
class Edit:
    """What is to become of a customer: the fields to set, None clears one.

    With `expected_revision` it is refused where somebody has edited the customer since. `problems` is what
    was wrong with the rest of it: then there may be no customer.
    """

    customer: CustomerReference | None
    changes: Mapping[str, Any]
    expected_revision: int | None = None
    problems: Sequence[Problem] = ()


def checked_changes(changes: Mapping[str, Any], fields: Fields, *, is_new: bool = False) -> Values:
    """The values as they are stored. Raises InvalidInput with every field that is at fault; of a customer who
    `is_new` also with every custom field that is required and not given."""
    faults = Faults()
    checked: dict[str, Any] = {}
    custom: dict[str, Any] | None = None
    metadata: dict[str, str | None] | None = None
    for field, value in changes.items():
        if field in _BY_KEY:
            continue
        with faults.noted():
            try:
                checked[field] = _checked(field, value, fields.default_country)
            except BadValue as error:
                name = _NAMES.get(field, field)
                raise InvalidInput.of([Problem(error.code, f"{name} {error}", (name,))]) from None
    if changes.get("custom_fields") is not None or (is_new and fields.custom):
        with faults.noted("customFields"):
            custom = checked_custom(changes.get("custom_fields") or {}, fields, is_new=is_new)
    if changes.get("metadata") is not None:
        with faults.noted():
            metadata = checked_metadata(changes["metadata"])
    faults.check()
    return Values(checked, custom, metadata)


def checked_custom(given: object, fields: Fields, *, is_new: bool) -> dict[str, Any]:
    """Values of custom fields by slot, None for one that is cleared. Raises InvalidInput with every fault,
    at the fields' keys."""
    if not isinstance(given, Mapping):
        raise InvalidInput("customFields is no object of values by their keys.")
    faults, found = Faults(), dict[str, Any]()
    for key, raw in given.items():
        with faults.noted(str(key)[:_SHOWN]):
            field = fields.custom.get(key)
            if field is None:
                raise InvalidInput(
                    f'There is no custom field "{str(key)[:_SHOWN]}"; customFields lists them.'
                )
            found[field.slot] = _checked_custom(field, raw, fields.zone)
    for field in fields.custom.values():
        if is_new and field.is_required and field.default is None and field.key not in given:
            with faults.noted(field.key):
                raise RequiredInput(f"{field.label} is required.")
    faults.check()
    return found


def _checked_custom(field: Definition, raw: object, zone: tzinfo) -> Any:
    try:
        value = read_value(field, raw, zone)
    except Unfit as error:
        raise InvalidInput(f"{field.name} {error}") from None
    if value is None and field.is_required and field.default is None:
        raise RequiredInput(f"{field.label} is required and cannot be cleared.")
    return value


def _checked(field: str, value: Any, default_country: str | None) -> Any:
    found = None
    if value is not None and value != "":
        if field == "phone":
            found = check.optional(lambda text: check.phone(text, default_country), value)
        else:
            found = check.optional(_CHECKS[field], value)
    return [] if found is None and field == "tags" else found


def checked_external_id(value: str) -> str:
    """The caller's own key for a new customer. Raises InvalidInput at `externalId`."""
    try:
        return check.external_id(value)
    except BadValue as error:
        kind = RequiredInput if error.code is ErrorCode.REQUIRED else InvalidInput
        message = f"externalId {error}" if kind is InvalidInput else "An externalId holds at least one sign."
        raise kind(message, path=("externalId",)) from None
