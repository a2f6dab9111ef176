"""Templates as clients see them."""

from __future__ import annotations

from typing import Any

import strawberry

from crm_graphql.core.paging import Row
from crm_graphql.whatsapp.template_parts import parameter_names


@strawberry.type(description="A template of the WhatsApp account, as Meta tells it.")
class WhatsappTemplate:
    id: strawberry.ID = strawberry.field(description="Meta's id of it.")
    name: str = strawberry.field(description="Its name; together with the language it is one template.")
    language: str = strawberry.field(description='The code of its language: "en", "pt_BR".')
    status: str = strawberry.field(
        description="As Meta says: APPROVED, PENDING, REJECTED, PAUSED, DISABLED. Approved ones are sent."
    )
    body: str = strawberry.field(description="Its text, with `{{name}}` or `{{1}}` where a value goes.")
    parameter_names: list[str] = strawberry.field(
        description="What a message must give values for: the names or numbers in the body; `header.1` and "
        "`header.name` for those in the head; `button.0` for the part of a button's address that changes."
    )

    @classmethod
    def from_document(cls, row: Row) -> WhatsappTemplate:
        """The projection of a stored template."""
        fields: dict[str, Any] = {name: row[name] for name in ("name", "language", "status", "body")}
        return cls(id=strawberry.ID(row["_id"]), parameter_names=parameter_names(row), **fields)
