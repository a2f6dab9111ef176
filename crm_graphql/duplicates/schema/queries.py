"""Reading duplicates."""

from __future__ import annotations

from crm_graphql.core.actor import Permission
from crm_graphql.duplicates.counting import settle_addresses
from crm_graphql.duplicates.queries import MOST_SHARED_FIRST, count_duplicates, list_duplicates
from crm_graphql.duplicates.schema.types import Duplicate
from crm_graphql.gql.connections import After, Before, Connection, First, Last, connection, list_cursors
from crm_graphql.gql.context import Info
from crm_graphql.gql.permission import query

SETTLED_SECONDS = 2.0
"""Whoever asks waits so long for what was noted lately to be counted."""


@query(
    Permission.CUSTOMERS_READ,
    "Customers who seem to be one person, by e-mail or phone; what most share comes first.",
)
async def customer_duplicates(
    info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
) -> Connection[Duplicate] | None:
    cursors = list_cursors(info, MOST_SHARED_FIRST)
    place = cursors.page(first, after, last, before)
    await settle_addresses(info.context.resources.in_transaction, for_seconds=SETTLED_SECONDS)
    page = await list_duplicates(place)
    return connection(page, cursors, Duplicate.from_document, count_duplicates)
