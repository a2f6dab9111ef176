"""Reading saved views."""

from __future__ import annotations

from typing import Annotated

import strawberry

from crm_graphql.core.actor import Permission
from crm_graphql.gql.context import Info
from crm_graphql.gql.permission import query
from crm_graphql.views.queries import list_views
from crm_graphql.views.schema.types import SavedView


@query(Permission.VIEWS_USE, "The caller's views, then those that others share, by list and name.")
async def saved_views(
    info: Info,
    list: Annotated[
        str | None,
        strawberry.argument(description='"customers", "campaigns" or "deliveries"; all by default.'),
    ] = None,
) -> list[SavedView] | None:
    return [SavedView.from_document(row) for row in await list_views(info.context.actor, list)]
