"""The schema: what the domains announce, put together."""

from __future__ import annotations

from datetime import date
from operator import attrgetter
from typing import Annotated, Any

import strawberry
from graphql import GraphQLSchema
from strawberry.schema.config import StrawberryConfig
from strawberry.tools import create_type

from crm_graphql.accounts import schema as accounts
from crm_graphql.assistant import schema as assistant
from crm_graphql.audiences import schema as audiences
from crm_graphql.audit import schema as audit
from crm_graphql.bulk import schema as bulk
from crm_graphql.campaigns import schema as campaigns
from crm_graphql.consents import schema as consents
from crm_graphql.core.errors import LimitExceeded
from crm_graphql.custom_fields import schema as custom_fields
from crm_graphql.customers import schema as customers
from crm_graphql.delivery import schema as delivery
from crm_graphql.deployment import schema as deployment
from crm_graphql.duplicates import schema as duplicates
from crm_graphql.gql.context import Info
from crm_graphql.gql.execution_schema import take_as_they_come
from crm_graphql.gql.node import Node, fetch_nodes
from crm_graphql.gql.permission import signed_in_query
from crm_graphql.gql.scalars import DATE, SCALARS
from crm_graphql.groups import schema as groups
from crm_graphql.imports import schema as imports
from crm_graphql.ingestion import schema as ingestion
from crm_graphql.insights import schema as insights
from crm_graphql.orders import schema as orders
from crm_graphql.views import schema as views

DOMAINS = (
    *(customers, duplicates, custom_fields, orders, consents, imports, ingestion, groups, bulk),
    *(audiences, campaigns, delivery, assistant, insights, accounts, audit, deployment, views),
)
"""In the order in which their fields are listed."""
NODES_LIMIT = 100


@signed_in_query("One object by its global id; null when there is none that the caller may see.")
async def node(
    info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="Its global id.")]
) -> Node | None:
    return (await fetch_nodes(info, [id]))[0]


@signed_in_query("Objects by their global ids, in that order, null for what is not there; at most 100.")
async def nodes(
    info: Info, ids: Annotated[list[strawberry.ID], strawberry.argument(description="Their global ids.")]
) -> list[Node | None]:
    if len(ids) > NODES_LIMIT:
        raise LimitExceeded(f"{len(ids)} ids; at most {NODES_LIMIT} are allowed.", path=("ids",))
    return list(await fetch_nodes(info, ids))


def _announced(kind: str) -> list[Any]:
    return [field for domain in DOMAINS for field in getattr(domain, kind, ())]


Query = create_type("Query", [node, nodes, *_announced("QUERIES")], description="What can be read.")

Mutation = create_type(
    "Mutation",
    _announced("MUTATIONS"),
    description="What can be changed. What a caller can mend comes back in a payload's `errors`.",
)

Subscription = create_type(
    "Subscription",
    # By name: what is watched has no order of its own.
    sorted(_announced("SUBSCRIPTIONS"), key=attrgetter("python_name")),
    description="What can be watched: first the state now, then changes.",
)


schema = strawberry.Schema(
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    types=[date, *_announced("TYPES")],
    config=StrawberryConfig(scalar_map={**SCALARS, date: DATE}),
)
take_as_they_come(
    schema._schema,
    records=ingestion.RECORD_INPUTS | customers.RECORD_INPUTS,
    half_written=audiences.HALF_WRITTEN_INPUTS,
)


def executable_schema() -> GraphQLSchema:
    """The schema as graphql-core executes it."""
    return schema._schema


def print_sdl() -> str:
    """The schema in the schema definition language, ending in a newline."""
    return schema.as_str().rstrip() + "\n"
