"""Reading customers."""

from __future__ import annotations

from typing import Annotated

import strawberry
from bson import ObjectId

from crm_graphql.audiences.schema.filters import compiled_rules
from crm_graphql.core.actor import Permission
from crm_graphql.core.ids import decode_key
from crm_graphql.customers.queries import (
    count_customers,
    find_customer,
    list_customers,
    list_filter,
    sort_key,
)
from crm_graphql.customers.schema.columns import CUSTOMER_COLUMNS
from crm_graphql.customers.schema.inputs import CustomerFilter, CustomerSort
from crm_graphql.customers.schema.references import CustomerRef
from crm_graphql.customers.schema.types import Customer
from crm_graphql.gql.connections import (
    CONNECTION_PATHS,
    After,
    Before,
    Connection,
    First,
    Last,
    connection,
    list_cursors,
)
from crm_graphql.gql.context import Info
from crm_graphql.gql.permission import query
from crm_graphql.gql.selection import projection, selected


@query(Permission.CUSTOMERS_READ, "One customer; null when there is none.")
async def customer(
    info: Info, by: Annotated[CustomerRef, strawberry.argument(description="Which one.")]
) -> Customer | None:
    row = await find_customer(by.reference(field="by"), fields=projection(CUSTOMER_COLUMNS, selected(info)))
    return Customer.from_document(row) if row else None


def _group_key(group_id: strawberry.ID | None) -> ObjectId | None:
    return None if group_id is None else decode_key("Group", group_id, field="groupId")


@query(Permission.CUSTOMERS_READ, "Customers, newest first unless sorted otherwise.")
async def customers(
    info: Info,
    filter: Annotated[
        CustomerFilter | None, strawberry.argument(description="Which ones; all by default.")
    ] = None,
    sort: Annotated[CustomerSort | None, strawberry.argument(description="In which order.")] = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> Connection[Customer] | None:
    wanted = filter or CustomerFilter()
    matching = list_filter(
        wanted.search,
        wanted.tags,
        await compiled_rules(info, wanted.rule, wanted.audience_id),
        group_id=_group_key(wanted.group_id),
        default_country=info.context.resources.settings.country or None,
    )
    key = sort_key(sort.field, sort.direction) if sort else sort_key()
    fields = projection(CUSTOMER_COLUMNS, selected(info, *CONNECTION_PATHS))
    cursors = list_cursors(info, key, wanted)
    page = await list_customers(matching, key, cursors.page(first, after, last, before), fields=fields)
    return connection(page, cursors, Customer.from_document, lambda: count_customers(matching))
