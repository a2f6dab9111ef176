"""Inputs of saved views."""

from __future__ import annotations

import strawberry
from strawberry.scalars import JSON


@strawberry.input(description="A view to keep.")
class SavedViewSaveInput:
    id: strawberry.ID | None = strawberry.field(
        default=None, description="Which view to change; a new one when left out."
    )
    name: str = strawberry.field(description="What to call it; at most 200 characters.")
    list: str = strawberry.field(description='What it is a view of: "customers", "campaigns", "deliveries".')
    state: JSON = strawberry.field(description="Whatever its client wants to keep; at most 16 KiB of JSON.")
    is_shared: bool | None = strawberry.field(
        default=None, description="Whether everybody sees it; left out: as it was, of a new one false."
    )


@strawberry.input(description="The end of a view.")
class SavedViewDeleteInput:
    id: strawberry.ID = strawberry.field(description="Which view.")
