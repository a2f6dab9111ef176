"""Reading insights."""

from __future__ import annotations

from crm_graphql.core.actor import Permission
from crm_graphql.core.paging import PageRequest
from crm_graphql.gql.connections import First
from crm_graphql.gql.context import Info
from crm_graphql.gql.permission import query
from crm_graphql.insights.queries import find_insights
from crm_graphql.insights.schema.types import Insight


@query(
    Permission.CUSTOMERS_READ,
    "What changed in the last 30 days against the 30 before, what matters most first; nothing that may be "
    "chance. Needs AUDIENCES_READ and CAMPAIGNS_READ too.",
)
async def insights(info: Info, first: First = None) -> list[Insight] | None:
    resources = info.context.resources
    size = PageRequest.of(first).size
    found = await find_insights(info.context.actor, size, clock=resources.clock, settings=resources.settings)
    return [Insight.from_change(one) for one in found]
