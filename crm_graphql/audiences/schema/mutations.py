"""Making, changing and deleting audiences."""

from __future__ import annotations

from typing import Annotated, Any

import strawberry

from crm_graphql.audiences.queries import namesakes
from crm_graphql.audiences.schema.inputs import (
    AudienceCreateInput,
    AudienceDeleteInput,
    AudienceUpdateInput,
)
from crm_graphql.audiences.schema.payloads import (
    AudienceCreatePayload,
    AudienceDeletePayload,
    AudienceUpdatePayload,
)
from crm_graphql.audiences.schema.types import Audience
from crm_graphql.audiences.service import create_audience, delete_audience, update_audience
from crm_graphql.core.actor import Permission
from crm_graphql.core.errors import ErrorCode, Faults, Problem
from crm_graphql.core.ids import decode_key
from crm_graphql.core.paging import Row
from crm_graphql.gql.context import Info
from crm_graphql.gql.errors import UserError
from crm_graphql.gql.permission import mutation


async def _warnings(row: Row) -> list[UserError]:
    """That the audience's name is taken: people choose by it, and would choose the wrong one."""
    if not await namesakes(row):
        return []
    message = "Another audience has this name. Rename one, or tell them apart by their descriptions."
    return [UserError.from_problem(Problem(ErrorCode.ALREADY_EXISTS, message, ("name",)))]


@mutation(Permission.AUDIENCES_WRITE, "Save a rule under a name.")
async def audience_create(
    info: Info, input: Annotated[AudienceCreateInput, strawberry.argument(description="The audience.")]
) -> AudienceCreatePayload:
    resources = info.context.resources
    row = await create_audience(
        info.context.actor,
        name=input.name,
        description=input.description,
        rule=input.rule.tree(),
        clock=resources.clock,
        settings=resources.settings,
    )
    return AudienceCreatePayload(audience=Audience.from_document(row), warnings=await _warnings(row))


@mutation(Permission.AUDIENCES_WRITE, "Change an audience. A field left out stays.", subject="id")
async def audience_update(
    info: Info, input: Annotated[AudienceUpdateInput, strawberry.argument(description="The change.")]
) -> AudienceUpdatePayload:
    changes: dict[str, Any] = {
        name: value
        for name in ("name", "description")
        if (value := getattr(input, name)) is not strawberry.UNSET
    }
    if input.rule is not strawberry.UNSET:
        changes["rule"] = input.rule.tree() if input.rule else None
    faults, key = Faults(), None
    with faults.noted():
        key = decode_key("Audience", input.id)
    resources = info.context.resources
    row = await update_audience(
        info.context.actor,
        key,
        changes,
        clock=resources.clock,
        settings=resources.settings,
        faults=faults,
    )
    warnings = await _warnings(row) if "name" in changes else []
    return AudienceUpdatePayload(audience=Audience.from_document(row), warnings=warnings)


@mutation(
    Permission.AUDIENCES_WRITE,
    "Delete an audience. Campaigns keep the rule they were launched with.",
    subject="id",
)
async def audience_delete(
    info: Info, input: Annotated[AudienceDeleteInput, strawberry.argument(description="Which audience.")]
) -> AudienceDeletePayload:
    await delete_audience(info.context.actor, decode_key("Audience", input.id))
    return AudienceDeletePayload(deleted_id=input.id)
