"""Custom fields as clients see them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Self

import strawberry
from strawberry.scalars import JSON

from crm_graphql.core.actor import Permission
from crm_graphql.core.errors import DomainError
from crm_graphql.core.paging import Row
from crm_graphql.custom_fields.schema.enums import CustomFieldType
from crm_graphql.custom_fields.schema.loaders import custom_field_loader
from crm_graphql.gql.errors import Payload, UserError
from crm_graphql.gql.node import Node, global_id, register


@strawberry.type(description="What this deployment keeps of its customers beside what every one keeps.")
class CustomField(Node):
    key: str = strawberry.field(
        description="Its name: custom.<key> in rules and files, {{ customer.custom.<key> }} in templates."
    )
    label: str = strawberry.field(description="Its name for people.")
    type: CustomFieldType = strawberry.field(description="What it holds.")
    is_required: bool = strawberry.field(
        description="Whether customerCreate must give it, and customerUpdate may not clear it."
    )
    default_value: JSON | None = strawberry.field(description="What is shown where nothing is set.")
    minimum: float | None = strawberry.field(
        description="The least number; of a TEXT the least number of characters."
    )
    maximum: float | None = strawberry.field(
        description="The greatest number; of a TEXT the greatest number of characters."
    )
    pattern: str | None = strawberry.field(description="Of a TEXT, which matches it as a whole; RE2 syntax.")
    options: list[str] | None = strawberry.field(description="Of a LIST.")
    created_at: datetime = strawberry.field(description="When it was made.")

    @classmethod
    def from_document(cls, row: Row) -> CustomField:
        """The projection of a stored definition."""
        default: Any = row.get("default_value")
        return cls(
            id=global_id("CustomField", row["_id"]),
            key=row["key"],
            label=row["label"],
            type=CustomFieldType(row["type"]),
            is_required=row["is_required"],
            default_value=None if default is None else JSON(default),
            minimum=row.get("minimum"),
            maximum=row.get("maximum"),
            pattern=row.get("pattern"),
            options=row.get("options"),
            created_at=row["created_at"],
        )


register(CustomField, permission=Permission.CUSTOMERS_READ, loader=custom_field_loader)


@strawberry.type(description="What became of customFieldCreate.")
class CustomFieldCreatePayload(Payload):
    custom_field: CustomField | None = strawberry.field(default=None, description="The field that was made.")


@strawberry.type(description="What became of customFieldUpdate.")
class CustomFieldUpdatePayload(Payload):
    custom_field: CustomField | None = strawberry.field(
        default=None, description="The field as it now stands."
    )
    misfits: int | None = strawberry.field(
        default=None,
        description="Customers whose value no longer fits, who keep it until it is edited; null where "
        "counting takes too long.",
    )


@strawberry.type(description="What became of customFieldDelete.")
class CustomFieldDeletePayload(Payload):
    deleted_id: strawberry.ID | None = strawberry.field(
        default=None, description="The id of what was deleted."
    )
    used_by: list[Node] = strawberry.field(
        default_factory=list,
        description="Audiences, and campaigns that have not ended, that name it: then it is not deleted. At "
        "most ten of each.",
    )

    @classmethod
    def failed(cls, error: DomainError) -> Self:
        """The payload of a mutation that `error` ended, with what names the field."""
        users: Any = error.subject or []
        return cls(
            used_by=list(users), errors=[UserError.from_problem(problem) for problem in error.problems]
        )
