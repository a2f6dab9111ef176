"""The links of campaigns as clients see them."""

from __future__ import annotations

from bson import ObjectId
from strawberry.dataloader import DataLoader

from crm_graphql.campaigns.schema.results import LinkStats
from crm_graphql.core.paging import Row
from crm_graphql.gql.context import Context, Info
from crm_graphql.tracking.queries import LinkCounts, link_counts_of, most_clicked


def _links_loader(_context: Context) -> DataLoader[ObjectId, LinkCounts]:
    async def load(keys: list[ObjectId]) -> list[LinkCounts]:
        found = await link_counts_of(list(dict.fromkeys(keys)))
        return [found.get(key, {}) for key in keys]

    return DataLoader(load_fn=load, cache=False)


async def campaign_links(info: Info, campaign: Row) -> list[LinkStats]:
    """The links of a launched campaign, most clicked first, at most a hundred."""
    counts = await info.context.loader(_links_loader).load(campaign["_id"])
    return [
        LinkStats(url=url, clicks=people, machine_clicks=machines)
        for url, people, machines in most_clicked(campaign.get("links") or (), counts)
    ]
