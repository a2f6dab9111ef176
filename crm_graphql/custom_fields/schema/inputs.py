"""Inputs of custom fields."""

from __future__ import annotations

import strawberry
from strawberry import UNSET
from strawberry.scalars import JSON

from crm_graphql.core.errors import RequiredInput
from crm_graphql.core.ids import decode_key
from crm_graphql.custom_fields.schema.enums import CustomFieldType

_REQUIRED = "Whether customerCreate must give it, and customerUpdate may not clear it; files may lack it."
_DEFAULT = "What is shown, and seen by rules, where nothing is set; a value as a customer would have it."
_MINIMUM = "The least number; of a TEXT the least number of characters."
_MAXIMUM = "The greatest number; of a TEXT the greatest number of characters."
_PATTERN = "Of a TEXT, which matches it as a whole; RE2 syntax, at most 200 characters."
_OPTIONS = "Of a LIST: 1 to 200 of at most 100 characters."


@strawberry.input(one_of=True, description="A custom field by its id or its key.")
class CustomFieldRef:
    id: strawberry.ID | None = strawberry.field(default=UNSET, description="Its global id.")
    key: str | None = strawberry.field(default=UNSET, description="Its key.")

    def named(self) -> dict[str, object]:
        """What the query takes. Raises RequiredInput, InvalidInput."""
        if self.id:
            return {"id": decode_key("CustomField", self.id, field="id")}
        if self.key:
            return {"key": self.key}
        raise RequiredInput("Say which field: by id or key.", path=("by",))


@strawberry.input(description="A new custom field.")
class CustomFieldCreateInput:
    key: str = strawberry.field(
        description="lower_snake_case, at most 50 characters; no other field has it, and it never changes."
    )
    label: str = strawberry.field(description="For people: 1 to 100 characters.")
    type: CustomFieldType = strawberry.field(description="What it holds; never changes.")
    is_required: bool | None = strawberry.field(default=None, description=_REQUIRED)
    default_value: JSON | None = strawberry.field(default=None, description=_DEFAULT)
    minimum: float | None = strawberry.field(default=None, description=_MINIMUM)
    maximum: float | None = strawberry.field(default=None, description=_MAXIMUM)
    pattern: str | None = strawberry.field(default=None, description=_PATTERN)
    options: list[str] | None = strawberry.field(default=None, description=_OPTIONS)


@strawberry.input(description="A change of a custom field. A field left out stays, null clears it.")
class CustomFieldUpdateInput:
    id: strawberry.ID = strawberry.field(description="Which field.")
    label: str | None = strawberry.field(default=UNSET, description="For people: 1 to 100 characters.")
    is_required: bool | None = strawberry.field(default=UNSET, description=_REQUIRED)
    default_value: JSON | None = strawberry.field(default=UNSET, description=_DEFAULT)
    minimum: float | None = strawberry.field(default=UNSET, description=_MINIMUM)
    maximum: float | None = strawberry.field(default=UNSET, description=_MAXIMUM)
    pattern: str | None = strawberry.field(default=UNSET, description=_PATTERN)
    options: list[str] | None = strawberry.field(default=UNSET, description=_OPTIONS)


@strawberry.input(description="The end of a custom field.")
class CustomFieldDeleteInput:
    id: strawberry.ID = strawberry.field(description="Which field.")
