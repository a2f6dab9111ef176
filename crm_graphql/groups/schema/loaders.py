"""Sizes of groups, and groups by id, for all the objects of a request."""

from __future__ import annotations

from bson import ObjectId
from strawberry.dataloader import DataLoader

from crm_graphql.core.paging import Row
from crm_graphql.customers.labels import settle_labels
from crm_graphql.gql.context import Context
from crm_graphql.gql.loaders import by_key
from crm_graphql.groups.queries import groups_by_ids, sizes_of_groups


def group_loader(_context: Context) -> DataLoader[ObjectId, Row | None]:
    """Groups by id."""
    return by_key(groups_by_ids)


def group_size_loader(context: Context) -> DataLoader[ObjectId, int]:
    """How many customers are in each group, exactly."""

    async def load(keys: list[ObjectId]) -> list[int]:
        await settle_labels(context.resources.in_transaction)
        sizes = await sizes_of_groups(keys)
        return [sizes[key] for key in keys]

    return DataLoader(load_fn=load, cache=False)
