"""Saved views as clients see them."""

from __future__ import annotations

import json

import strawberry
from strawberry.scalars import JSON

from crm_graphql.core.actor import Permission
from crm_graphql.core.paging import Row
from crm_graphql.gql.errors import Payload
from crm_graphql.gql.loaders import own_rows_by_id
from crm_graphql.gql.node import Node, global_id, register
from crm_graphql.views.queries import views_by_ids


@strawberry.type(description="Columns, filter and sort that a person keeps; theirs alone unless shared.")
class SavedView(Node):
    name: str = strawberry.field(description="What its owner calls it.")
    list: str = strawberry.field(description='What it is a view of: "customers", "campaigns", "deliveries".')
    state: JSON = strawberry.field(description="What its client keeps in it.")
    is_shared: bool = strawberry.field(
        description="Everybody with VIEWS_USE sees it; only its owner changes it."
    )

    @classmethod
    def from_document(cls, row: Row) -> SavedView:
        """The projection of a view's document."""
        return cls(
            id=global_id("SavedView", row["_id"]),
            name=row["name"],
            list=row["list_name"],
            state=json.loads(row["state"]),
            is_shared=row["is_shared"],
        )


register(SavedView, permission=Permission.VIEWS_USE, loader=own_rows_by_id(views_by_ids))


@strawberry.type(description="The saved view.")
class SavedViewSavePayload(Payload):
    saved_view: SavedView | None = strawberry.field(
        default=None, description="As it is now; null when it was not saved."
    )


@strawberry.type(description="The deleted view.")
class SavedViewDeletePayload(Payload):
    deleted_id: strawberry.ID | None = strawberry.field(
        default=None, description="Its id; null when it was not deleted."
    )
