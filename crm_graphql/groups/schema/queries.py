"""Reading groups."""

from __future__ import annotations

from typing import Annotated

import strawberry

from crm_graphql.core.actor import Permission
from crm_graphql.core.ids import decode_key
from crm_graphql.gql.connections import After, Before, Connection, First, Last, connection, list_cursors
from crm_graphql.gql.context import Info
from crm_graphql.gql.permission import query
from crm_graphql.groups.queries import NEWEST_FIRST, count_groups, find_group, groups_filter, list_groups
from crm_graphql.groups.schema.types import Group


@query(Permission.CUSTOMERS_READ, "One group; null when there is none.")
async def group(
    info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="Which one.")]
) -> Group | None:
    row = await find_group(decode_key("Group", id))
    return Group.from_document(row) if row else None


@query(Permission.CUSTOMERS_READ, "Groups, newest first.")
async def groups(
    info: Info,
    search: Annotated[str | None, strawberry.argument(description="Prefix of a word of the name.")] = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> Connection[Group] | None:
    matching = groups_filter(search)
    cursors = list_cursors(info, NEWEST_FIRST, matching)
    page = await list_groups(matching, cursors.page(first, after, last, before))
    return connection(page, cursors, Group.from_document, lambda: count_groups(matching))
