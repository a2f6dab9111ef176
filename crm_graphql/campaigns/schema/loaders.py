"""Campaigns by id, for all the objects of a request that name one."""

from __future__ import annotations

from bson import ObjectId
from strawberry.dataloader import DataLoader

from crm_graphql.campaigns.queries import campaigns_by_ids
from crm_graphql.core.paging import Row
from crm_graphql.delivery.outlook import Outlook, outlooks_of
from crm_graphql.gql.context import Context
from crm_graphql.gql.loaders import by_key


def campaign_loader(_context: Context) -> DataLoader[ObjectId, Row | None]:
    """Campaigns by id."""
    return by_key(campaigns_by_ids)


def outlook_loader(_context: Context) -> DataLoader[ObjectId, Outlook]:
    """How the sending of campaigns goes, by their ids."""

    async def load(keys: list[ObjectId]) -> list[Outlook]:
        outlooks = await outlooks_of(list(dict.fromkeys(keys)))
        return [outlooks.get(key, Outlook()) for key in keys]

    return DataLoader(load_fn=load, cache=False)
