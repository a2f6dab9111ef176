"""Inputs that name, filter and order customers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import strawberry
from strawberry import UNSET
from strawberry.scalars import JSON
from strawberry.schema.name_converter import NameConverter
from strawberry.types import get_object_definition
from strawberry.types.arguments import InputContext

from crm_graphql.audiences.schema.inputs import RuleInput
from crm_graphql.core.errors import Faults, InvalidInput, RequiredInput
from crm_graphql.customers.edits import FIELDS, Edit
from crm_graphql.customers.queries import CustomerReference, CustomerSortField, SortDirection
from crm_graphql.customers.schema.references import CustomerRef
from crm_graphql.gql.deferred import Deferred
from crm_graphql.gql.enums import describe_enum

RECORD_INPUTS = frozenset({"CustomerUpdateInput"})
"""The inputs in which a value that is none of its type is that edit's fault, and nothing to the others."""

describe_enum(
    CustomerSortField,
    "What a list of customers can be ordered by.",
    {
        "CREATED_AT": "When the customer was first heard of.",
        "NAME": "The name, without regard to case; customers without one come first.",
        "TOTAL_SPEND": "The total spend.",
        "VISIT_COUNT": "The number of visits.",
        "LAST_VISIT_AT": "The latest visit; customers without one come first.",
    },
)
describe_enum(
    SortDirection, "Which end comes first.", {"ASC": "From small to large.", "DESC": "From large to small."}
)


@strawberry.input(description="Which customers. All that is given must hold.")
class CustomerFilter:
    search: str | None = strawberry.field(
        default=None,
        description="Beginnings of words of the name in any order, or of email, phone, external id or an id "
        "in another system; case does not count.",
    )
    tags: list[str] | None = strawberry.field(default=None, description="Has all of them.")
    rule: RuleInput | None = strawberry.field(default=None, description="Matches this rule now.")
    audience_id: strawberry.ID | None = strawberry.field(
        default=None, description="Matches this audience's rule now."
    )
    group_id: strawberry.ID | None = strawberry.field(default=None, description="Is in this group.")


@strawberry.input(description="The order of a list of customers.")
class CustomerSort:
    field: CustomerSortField = strawberry.field(description="What to compare.")
    direction: SortDirection = strawberry.field(description="Which end comes first.")


_CUSTOM = (
    "Values of custom fields by their keys; the others stay, null clears one. A new customer needs all that "
    "are required and have no default."
)
_METADATA = (
    "An object of any values by their keys; the others stay, null clears one. At most 64 keys, 16 KB and 5 "
    "levels, of all together."
)


@strawberry.input(description="A new customer.")
class CustomerCreateInput:
    external_id: str | None = strawberry.field(
        default=None, description="The caller's own key, unique over all customers; left out, one is made."
    )
    name: str | None = strawberry.field(default=UNSET, description="At most 500 characters.")
    email: str | None = strawberry.field(default=UNSET, description="One address, name@example.com.")
    phone: str | None = strawberry.field(
        default=UNSET, description="With + and the country's code, or as it is dialled in `CRM_COUNTRY`."
    )
    city: str | None = strawberry.field(default=UNSET, description="At most 500 characters.")
    country: str | None = strawberry.field(default=UNSET, description="A name or an ISO code.")
    time_zone: str | None = strawberry.field(
        default=UNSET, description="IANA name, e.g. Europe/Berlin; quiet hours go by it."
    )
    is_tracked: bool | None = strawberry.field(
        default=UNSET, description="False: opens and clicks are not recorded. Null is true."
    )
    tags: list[str] | None = strawberry.field(
        default=UNSET, description="At most 100 of at most 100 characters."
    )
    custom_fields: JSON | None = strawberry.field(default=UNSET, description=_CUSTOM)
    metadata: JSON | None = strawberry.field(default=UNSET, description=_METADATA)


@strawberry.input(description="An edit of a customer. A field left out stays, null clears it.")
class CustomerUpdateInput:
    customer: CustomerRef = strawberry.field(description="Who.")
    expected_revision: int | None = strawberry.field(
        default=None,
        description="The `revision` that was read: CONFLICT where somebody has edited the customer since.",
    )
    name: str | None = strawberry.field(default=UNSET, description="At most 500 characters.")
    email: str | None = strawberry.field(default=UNSET, description="One address, name@example.com.")
    phone: str | None = strawberry.field(
        default=UNSET, description="With + and the country's code, or as it is dialled in `CRM_COUNTRY`."
    )
    city: str | None = strawberry.field(default=UNSET, description="At most 500 characters.")
    country: str | None = strawberry.field(default=UNSET, description="A name or an ISO code.")
    time_zone: str | None = strawberry.field(
        default=UNSET, description="IANA name, e.g. Europe/Berlin; quiet hours go by it."
    )
    is_tracked: bool | None = strawberry.field(
        default=UNSET, description="False: opens and clicks are not recorded. Null is true."
    )
    tags: list[str] | None = strawberry.field(
        default=UNSET, description="All of them: at most 100 of at most 100 characters."
    )
    custom_fields: JSON | None = strawberry.field(default=UNSET, description=_CUSTOM)
    metadata: JSON | None = strawberry.field(default=UNSET, description=_METADATA)


def _as_given(type_: type[Any], values: Mapping[str, Any], context: InputContext) -> Any:
    """The edit as it was given, whatever that is."""
    made: Any = type_
    names = _names(made, context.config.name_converter)
    return made(**{python_name: values.get(name, UNSET) for python_name, name in names})


@cache
def _names(type_: Any, converter: NameConverter) -> Sequence[tuple[str, str]]:
    """The fields' names here and in the schema: asked for with each of a thousand edits."""
    fields = get_object_definition(type_, strict=True).fields
    return [(field.python_name, converter.from_field(field)) for field in fields]


get_object_definition(CustomerUpdateInput, strict=True).from_input = _as_given


def edit_of(input: CustomerUpdateInput) -> Edit:
    """The edit for the service, with what is wrong with it: of many edits one must not keep others back."""
    faults = Faults()
    reference, expected = None, None
    with faults.noted():
        reference = _named(input.customer)
    with faults.noted():
        expected = _revision(input.expected_revision)
    given = {name: value for name in FIELDS if (value := getattr(input, name)) is not UNSET}
    # The checks of values say more of a value that is no text than its type does.
    changes = {name: value.raw if isinstance(value, Deferred) else value for name, value in given.items()}
    return Edit(reference, changes, expected, faults.problems)


def _named(given: Any) -> CustomerReference:
    if given is UNSET or given is None:
        raise RequiredInput("Say which customer: by id or externalId.", path=("customer",))
    if isinstance(given, Deferred):
        raise InvalidInput(
            "A customer is named by its id or its externalId, one of them.", path=("customer",)
        )
    ref = CustomerRef(id=given.get("id", UNSET), external_id=given.get("externalId", UNSET))
    return ref.reference(field="customer")


def _revision(given: Any) -> int | None:
    if isinstance(given, Deferred):
        raise InvalidInput("A revision is a whole number, as it was read.", path=("expectedRevision",))
    return None if given is UNSET else given


@strawberry.input(description="Edits of many customers.")
class CustomersUpdateInput:
    updates: list[CustomerUpdateInput] = strawberry.field(description="At most 1,000.")


@strawberry.input(description="Whom to erase.")
class CustomerDeleteInput:
    customer: CustomerRef = strawberry.field(description="Who.")


@strawberry.input(description="Two customers who are one person.")
class CustomersMergeInput:
    into: CustomerRef = strawberry.field(description="Who stays, and whose values hold.")
    from_: CustomerRef = strawberry.field(name="from", description="Who becomes part of them.")
