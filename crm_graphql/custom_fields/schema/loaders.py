"""Definitions of custom fields, for all the objects of a request."""

from __future__ import annotations

from bson import ObjectId
from strawberry.dataloader import DataLoader

from crm_graphql.core.paging import Row
from crm_graphql.custom_fields.definitions import Definitions
from crm_graphql.custom_fields.queries import definitions, fields_by_ids
from crm_graphql.gql.context import Context
from crm_graphql.gql.loaders import by_key


def custom_field_loader(_context: Context) -> DataLoader[ObjectId, Row | None]:
    """Fields by id."""
    return by_key(fields_by_ids)


def definitions_loader(_context: Context) -> DataLoader[None, Definitions]:
    """The definitions that there are, read once for all customers of a request that show values."""

    async def load(asked: list[None]) -> list[Definitions]:
        return [await definitions()] * len(asked)

    return DataLoader(load_fn=load, cache=False)
