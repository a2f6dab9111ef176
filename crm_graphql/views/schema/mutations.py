"""Writing saved views."""

from __future__ import annotations

from typing import Annotated

import strawberry

from crm_graphql.core.actor import Permission
from crm_graphql.core.ids import decode_key
from crm_graphql.gql.context import Info
from crm_graphql.gql.permission import mutation
from crm_graphql.views.schema.inputs import SavedViewDeleteInput, SavedViewSaveInput
from crm_graphql.views.schema.types import SavedView, SavedViewDeletePayload, SavedViewSavePayload
from crm_graphql.views.service import delete_view, save_view


@mutation(
    Permission.VIEWS_USE,
    "Keep a view of a list. Only its owner changes it, and an administrator one that is shared.",
    subject="id",
)
async def saved_view_save(
    info: Info, input: Annotated[SavedViewSaveInput, strawberry.argument(description="The view.")]
) -> SavedViewSavePayload:
    row = await save_view(
        info.context.actor,
        None if input.id is None else decode_key("SavedView", input.id),
        name=input.name,
        list_name=input.list,
        state=input.state,
        is_shared=input.is_shared,
        clock=info.context.resources.clock,
    )
    return SavedViewSavePayload(saved_view=SavedView.from_document(row))


@mutation(
    Permission.VIEWS_USE, "Delete a view: one's own, or as an administrator a shared one.", subject="id"
)
async def saved_view_delete(
    info: Info, input: Annotated[SavedViewDeleteInput, strawberry.argument(description="Which view.")]
) -> SavedViewDeletePayload:
    await delete_view(info.context.actor, decode_key("SavedView", input.id))
    return SavedViewDeletePayload(deleted_id=input.id)
