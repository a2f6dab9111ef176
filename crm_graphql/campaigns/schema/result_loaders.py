"""Results by campaign, for all the objects of a request that name one."""

from __future__ import annotations

from bson import ObjectId
from strawberry.dataloader import DataLoader

from crm_graphql.gql.context import Context
from crm_graphql.results.queries import ByVariant, results_of


def results_loader(_context: Context) -> DataLoader[ObjectId, ByVariant]:
    """The counts of campaigns by their ids; empty where nothing came of one yet."""

    async def load(keys: list[ObjectId]) -> list[ByVariant]:
        found = await results_of(list(dict.fromkeys(keys)))
        return [found.get(key, {}) for key in keys]

    return DataLoader(load_fn=load, cache=False)
