"""The schema: the domains' root fields put together."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any

import strawberry
from bson import ObjectId
from graphql import GraphQLSchema
from strawberry.schema.config import StrawberryConfig
from strawberry.tools import create_type

from crm_graphql.accounts.api_keys import api_keys_by_ids
from crm_graphql.accounts.schema import admin_mutations, sign_in_mutations
from crm_graphql.accounts.schema import queries as account_queries
from crm_graphql.accounts.users import users_by_ids
from crm_graphql.audiences.schema import mutations as audience_mutations
from crm_graphql.audiences.schema import queries as audience_queries
from crm_graphql.audiences.schema.loaders import audience_loader
from crm_graphql.audit.schema import queries as audit_queries
from crm_graphql.audit.service import events_by_ids
from crm_graphql.campaigns.schema import mutations as campaign_mutations
from crm_graphql.campaigns.schema import queries as campaign_queries
from crm_graphql.campaigns.schema import subscriptions as campaign_subscriptions
from crm_graphql.campaigns.schema.loaders import campaign_loader
from crm_graphql.core.actor import Permission
from crm_graphql.core.errors import LimitExceeded
from crm_graphql.core.paging import Row
from crm_graphql.customers.schema import queries as customer_queries
from crm_graphql.customers.schema.loaders import customer_loader
from crm_graphql.delivery.queries import deliveries_by_ids
from crm_graphql.delivery.schema import mutations as delivery_mutations
from crm_graphql.delivery.schema import subscriptions as delivery_subscriptions
from crm_graphql.gql.context import Info
from crm_graphql.gql.node import Node, NodeFetch, NodeSource, fetch_nodes
from crm_graphql.gql.permission import signed_in_query
from crm_graphql.gql.projections import projection_of
from crm_graphql.gql.scalars import DATE, SCALARS
from crm_graphql.ingestion.queries import ingestions_by_ids
from crm_graphql.ingestion.schema import mutations as ingestion_mutations
from crm_graphql.ingestion.schema import queries as ingestion_queries
from crm_graphql.ingestion.schema import subscriptions as ingestion_subscriptions
from crm_graphql.orders.queries import orders_by_ids
from crm_graphql.orders.schema import queries as order_queries

NODES_LIMIT = 100


def _of_loader(type_name: str, make_loader: Any) -> NodeFetch:
    async def fetch(info: Info, keys: Sequence[ObjectId]) -> Sequence[Node | None]:
        rows: Sequence[Row | None] = await info.context.loader(make_loader).load_many(list(keys))
        make = projection_of(type_name).make
        return [make(row) if row else None for row in rows]

    return fetch


def _of_rows(type_name: str, by_ids: Any, *, scoped: bool = False) -> NodeFetch:
    async def fetch(info: Info, keys: Sequence[ObjectId]) -> Sequence[Node | None]:
        rows = await (by_ids(info.context.actor, keys) if scoped else by_ids(keys))
        make = projection_of(type_name).make
        return [make(rows[key]) if key in rows else None for key in keys]

    return fetch


NODE_SOURCES: dict[str, NodeSource] = {
    "ApiKey": (Permission.API_KEYS_READ, _of_rows("ApiKey", api_keys_by_ids)),
    "Audience": (Permission.AUDIENCES_READ, _of_loader("Audience", audience_loader)),
    "AuditEvent": (Permission.AUDIT_READ, _of_rows("AuditEvent", events_by_ids, scoped=True)),
    "Campaign": (Permission.CAMPAIGNS_READ, _of_loader("Campaign", campaign_loader)),
    "Customer": (Permission.CUSTOMERS_READ, _of_loader("Customer", customer_loader)),
    "Delivery": (Permission.CAMPAIGNS_READ, _of_rows("Delivery", deliveries_by_ids)),
    "Ingestion": (Permission.INGESTIONS_READ, _of_rows("Ingestion", ingestions_by_ids, scoped=True)),
    "Order": (Permission.CUSTOMERS_READ, _of_rows("Order", orders_by_ids)),
    "Session": (None, account_queries.own_sessions),
    "User": (Permission.USERS_READ, _of_rows("User", users_by_ids)),
}


@signed_in_query("One object by its global id; null when there is none that the caller may see.")
async def node(
    info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="Its global id.")]
) -> Node | None:
    return (await fetch_nodes(info, [id], NODE_SOURCES))[0]


@signed_in_query("Objects by their global ids, in that order, null for what is not there; at most 100.")
async def nodes(
    info: Info, ids: Annotated[list[strawberry.ID], strawberry.argument(description="Their global ids.")]
) -> list[Node | None]:
    if len(ids) > NODES_LIMIT:
        raise LimitExceeded(f"{len(ids)} ids; at most {NODES_LIMIT} are allowed.", path=("ids",))
    return list(await fetch_nodes(info, ids, NODE_SOURCES))


Query = create_type(
    "Query",
    [
        node,
        nodes,
        customer_queries.customer,
        customer_queries.customers,
        order_queries.order,
        order_queries.orders,
        ingestion_queries.ingestion,
        ingestion_queries.ingestions,
        audience_queries.audience,
        audience_queries.audiences,
        audience_queries.audience_preview,
        audience_queries.rule_fields,
        campaign_queries.campaign,
        campaign_queries.campaigns,
        campaign_queries.message_preview,
        campaign_queries.template_fields,
        *account_queries.FIELDS,
        audit_queries.audit_events,
    ],
    description="What can be read.",
)

Mutation = create_type(
    "Mutation",
    [
        ingestion_mutations.customers_ingest,
        ingestion_mutations.orders_ingest,
        audience_mutations.audience_create,
        audience_mutations.audience_update,
        audience_mutations.audience_delete,
        campaign_mutations.campaign_create,
        campaign_mutations.campaign_update,
        campaign_mutations.campaign_launch,
        delivery_mutations.delivery_receipts_record,
        *sign_in_mutations.FIELDS,
        *admin_mutations.FIELDS,
    ],
    description="What can be changed. What a caller can mend comes back in a payload's `errors`.",
)

Subscription = create_type(
    "Subscription",
    [
        campaign_subscriptions.campaign_progress,
        delivery_subscriptions.delivery_updates,
        ingestion_subscriptions.ingestion_progress,
    ],
    description="What can be watched: first the state now, then changes.",
)


schema = strawberry.Schema(
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    types=[date],
    config=StrawberryConfig(scalar_map={**SCALARS, date: DATE}),
)


def executable_schema() -> GraphQLSchema:
    """The schema as graphql-core executes it."""
    return schema._schema


def print_sdl() -> str:
    """The schema in the schema definition language, ending in a newline."""
    return schema.as_str().rstrip() + "\n"
