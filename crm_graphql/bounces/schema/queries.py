"""Reading bounces."""

from __future__ import annotations

from crm_graphql.bounces.queries import NEWEST_FIRST, count_bounces, list_bounces
from crm_graphql.bounces.schema.types import Bounce
from crm_graphql.core.actor import Permission
from crm_graphql.gql.connections import After, Before, Connection, First, Last, connection, list_cursors
from crm_graphql.gql.context import Info
from crm_graphql.gql.permission import query


@query(Permission.CAMPAIGNS_READ, "What came back and what was complained of, newest first.")
async def bounces(
    info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
) -> Connection[Bounce] | None:
    cursors = list_cursors(info, NEWEST_FIRST, {})
    page = await list_bounces(cursors.page(first, after, last, before))
    return connection(page, cursors, Bounce.from_document, count_bounces)
