"""Making, changing and deleting groups, and who is in them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import strawberry
from bson import ObjectId

from crm_graphql.audiences.queries import audiences_naming_group
from crm_graphql.bulk.documents import BulkOperationKind
from crm_graphql.bulk.schema.types import BulkOperation
from crm_graphql.bulk.schema.workers import worker_of
from crm_graphql.bulk.service import change_members, dispatch, group_clearing
from crm_graphql.campaigns.queries import campaigns_planning_with_group
from crm_graphql.core.actor import Permission
from crm_graphql.core.ids import decode_key
from crm_graphql.gql.context import Info
from crm_graphql.gql.node import node_type
from crm_graphql.gql.permission import mutation
from crm_graphql.groups.schema.inputs import (
    GroupCreateInput,
    GroupDeleteInput,
    GroupMembersInput,
    GroupUpdateInput,
)
from crm_graphql.groups.schema.types import (
    Group,
    GroupCreatePayload,
    GroupDeletePayload,
    GroupMembersPayload,
    GroupUpdatePayload,
)
from crm_graphql.groups.service import create_group, delete_group, update_group


@mutation(Permission.CUSTOMERS_WRITE, "Make a group, with nobody in it.")
async def group_create(
    info: Info, input: Annotated[GroupCreateInput, strawberry.argument(description="The group.")]
) -> GroupCreatePayload:
    row = await create_group(
        info.context.actor,
        name=input.name,
        description=input.description,
        clock=info.context.resources.clock,
    )
    return GroupCreatePayload(group=Group.from_document(row))


@mutation(Permission.CUSTOMERS_WRITE, "Change a group. A field left out stays.", subject="id")
async def group_update(
    info: Info, input: Annotated[GroupUpdateInput, strawberry.argument(description="The change.")]
) -> GroupUpdatePayload:
    changes: dict[str, Any] = {
        name: value
        for name in ("name", "description")
        if (value := getattr(input, name)) is not strawberry.UNSET
    }
    key = decode_key("Group", input.id)
    row = await update_group(info.context.actor, key, changes, clock=info.context.resources.clock)
    return GroupUpdatePayload(group=Group.from_document(row))


async def _used_by(key: ObjectId) -> Sequence[str]:
    """What cannot do without the group, for people."""
    audiences = [f'the audience "{name}"' for name in await audiences_naming_group(key)]
    campaigns = [f'the campaign "{name}"' for name in await campaigns_planning_with_group(key)]
    return audiences + campaigns


@mutation(
    Permission.CUSTOMERS_WRITE,
    "Delete a group; its members leave it in the background. WRONG_STATE while an audience, or a campaign "
    "that is being planned, names it: the message says which.",
    subject="id",
)
async def group_delete(
    info: Info, input: Annotated[GroupDeleteInput, strawberry.argument(description="Which group.")]
) -> GroupDeletePayload:
    actor, worker, key = info.context.actor, worker_of(info), decode_key("Group", input.id)
    operation = await delete_group(
        actor,
        key,
        used_by=_used_by,
        clear=await group_clearing(actor, key, worker=worker),
        transact=info.context.resources.in_transaction,
    )
    await dispatch(operation, worker=worker)
    return GroupDeletePayload(deleted_id=input.id)


async def _change_members(
    info: Info, kind: BulkOperationKind, input: GroupMembersInput
) -> GroupMembersPayload:
    key = decode_key("Group", input.id)
    operation = await change_members(
        info.context.actor,
        kind,
        key,
        input.target.target(),
        worker=worker_of(info),
        settings=info.context.resources.settings,
    )
    group: Group | None = await node_type("Group").load(info, key)
    return GroupMembersPayload(group=group, operation=BulkOperation.from_document(operation))


@mutation(
    Permission.CUSTOMERS_WRITE,
    "Have customers join a group: those that are named at once, others in the background.",
    subject="id",
)
async def group_members_add(
    info: Info, input: Annotated[GroupMembersInput, strawberry.argument(description="Who, and where.")]
) -> GroupMembersPayload:
    return await _change_members(info, BulkOperationKind.GROUP_ADD, input)


@mutation(
    Permission.CUSTOMERS_WRITE,
    "Have customers leave a group: those that are named at once, others in the background.",
    subject="id",
)
async def group_members_remove(
    info: Info, input: Annotated[GroupMembersInput, strawberry.argument(description="Who, and where.")]
) -> GroupMembersPayload:
    return await _change_members(info, BulkOperationKind.GROUP_REMOVE, input)
