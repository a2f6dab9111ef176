"""Reading topics and suppressions."""

from __future__ import annotations

from typing import Annotated

import strawberry

from crm_graphql.consents.queries import (
    NEWEST_FIRST,
    count_suppressions,
    list_suppressions,
    list_topics,
    suppressions_filter,
)
from crm_graphql.consents.schema.enums import Channel, SuppressionReason
from crm_graphql.consents.schema.types import Suppression, Topic
from crm_graphql.core.actor import Permission
from crm_graphql.gql.connections import After, Before, Connection, First, Last, connection, list_cursors
from crm_graphql.gql.context import Info
from crm_graphql.gql.permission import query


@query(Permission.CUSTOMERS_READ, "The topics that people can choose, by name.")
async def topics(info: Info) -> list[Topic] | None:
    return [Topic.from_document(row) for row in await list_topics()]


@query(Permission.CUSTOMERS_READ, "Addresses that must not be contacted, newest first.")
async def suppressions(
    info: Info,
    channel: Annotated[
        Channel | None, strawberry.argument(description="On which channel; all by default.")
    ] = None,
    search: Annotated[str | None, strawberry.argument(description="The beginning of an address.")] = None,
    reasons: Annotated[
        list[SuppressionReason] | None,
        strawberry.argument(description="For one of these reasons; for any by default, and of none given."),
    ] = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> Connection[Suppression] | None:
    country = info.context.resources.settings.country or None
    matching = suppressions_filter(channel, search, reasons or (), default_country=country)
    cursors = list_cursors(info, NEWEST_FIRST, matching)
    page = await list_suppressions(matching, cursors.page(first, after, last, before))
    return connection(page, cursors, Suppression.from_document, lambda: count_suppressions(matching))
