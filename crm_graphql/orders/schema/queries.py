"""Reading orders."""

from __future__ import annotations

from typing import Annotated

import strawberry

from crm_graphql.core.actor import Permission
from crm_graphql.core.ids import decode_key
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
from crm_graphql.orders.queries import NEWEST_FIRST, count_orders, find_order, list_filter, list_orders
from crm_graphql.orders.schema.inputs import OrderFilter, OrderRef
from crm_graphql.orders.schema.types import ORDER_COLUMNS, Order


@query(Permission.CUSTOMERS_READ, "One order; null when there is none.")
async def order(
    info: Info, by: Annotated[OrderRef, strawberry.argument(description="Which one.")]
) -> Order | None:
    row = await find_order(
        key=decode_key("Order", by.id, field="by") if by.id else None,
        external_id=by.external_id or None,
        fields=projection(ORDER_COLUMNS, selected(info)),
    )
    return Order.from_document(row) if row else None


@query(Permission.CUSTOMERS_READ, "Orders, newest first.")
async def orders(
    info: Info,
    filter: Annotated[
        OrderFilter | None, strawberry.argument(description="Which ones; all by default.")
    ] = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> Connection[Order] | None:
    wanted = filter or OrderFilter()
    matching = await list_filter(
        wanted.customer.reference(field="customer") if wanted.customer else None,
        wanted.ordered_from,
        wanted.ordered_until,
    )
    fields = projection(ORDER_COLUMNS, selected(info, *CONNECTION_PATHS))
    cursors = list_cursors(info, NEWEST_FIRST, wanted)
    page = await list_orders(matching, cursors.page(first, after, last, before), fields=fields)
    return connection(page, cursors, Order.from_document, lambda: count_orders(matching))
