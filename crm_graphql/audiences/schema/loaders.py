"""Audiences by id, and their sizes, for all the objects of a request that name one."""

from __future__ import annotations

from bson import ObjectId
from strawberry.dataloader import DataLoader

from crm_graphql.audiences.queries import audiences_by_ids
from crm_graphql.audiences.sizes import AudienceSize, current_sizes
from crm_graphql.core.paging import Row
from crm_graphql.gql.context import Context
from crm_graphql.gql.loaders import by_key


def audience_loader(_context: Context) -> DataLoader[ObjectId, Row | None]:
    """Audiences by id."""
    return by_key(audiences_by_ids)


def audience_size_loader(context: Context) -> DataLoader[Row, AudienceSize]:
    """The sizes of audiences; one that is asked for twice (`size` and `sizeAt`) is counted once."""
    resources = context.resources

    async def load(audiences: list[Row]) -> list[AudienceSize]:
        distinct = {audience["_id"]: audience for audience in audiences}
        sizes = await current_sizes(
            list(distinct.values()), clock=resources.clock, settings=resources.settings
        )
        by_id = dict(zip(distinct, sizes, strict=True))
        return [by_id[audience["_id"]] for audience in audiences]

    return DataLoader(load_fn=load, cache=False)
