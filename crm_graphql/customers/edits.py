"""Edits of customers as callers give them, checked as imports check their rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from crm_graphql.core.errors import ErrorCode, InvalidInput, Problem, RequiredInput
from crm_graphql.customers import values as check
from crm_graphql.customers.queries import CustomerReference
from crm_graphql.customers.values import BadValue

_CHECKS: Mapping[str, Callable[[Any], Any]] = {
    "name": check.text,
    "email": check.email,
    "city": check.text,
    "country": check.country,
    "time_zone": check.time_zone,
    "tags": check.tags,
}
_NAMES = {"time_zone": "timeZone"}
"""As callers know them."""
FIELDS = (*_CHECKS, "phone")
"""What people edit."""


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


def checked_changes(changes: Mapping[str, Any], *, default_country: str | None) -> dict[str, Any]:
    """The values as they are stored. Raises InvalidInput with every field that is at fault."""
    problems: list[Problem] = []
    checked: dict[str, Any] = {}
    for field, value in changes.items():
        try:
            checked[field] = _checked(field, value, default_country)
        except BadValue as error:
            name = _NAMES.get(field, field)
            problems.append(Problem(error.code, f"{name} {error}", (name,)))
    if problems:
        raise InvalidInput.of(problems)
    return checked


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
