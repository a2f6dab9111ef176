"""Audiences by id, and their sizes, for all the objects of a request that name one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bson import ObjectId
from strawberry.dataloader import DataLoader

from crm_graphql.audiences.describe import describe
from crm_graphql.audiences.fields import stored_fields
from crm_graphql.audiences.queries import audiences_by_ids
from crm_graphql.audiences.sizes import AudienceSize, current_sizes
from crm_graphql.audiences.stored import names_group
from crm_graphql.campaigns.queries import campaigns_of_audiences, stats_of_audiences
from crm_graphql.core.paging import Page, Row
from crm_graphql.gql.context import Context, Info
from crm_graphql.gql.loaders import ChildPage, by_key, child_pages
from crm_graphql.groups.queries import group_names


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


def _group_names_loader(_context: Context) -> DataLoader[None, Mapping[str, str]]:
    """The names of all groups, read once for all rules of a request that name one."""

    async def load(asked: list[None]) -> list[Mapping[str, str]]:
        return [await group_names()] * len(asked)

    return DataLoader(load_fn=load, cache=False)


def campaigns_of_audience_loader(_context: Context) -> DataLoader[ChildPage, Page[Row]]:
    """The campaigns that were sent to an audience, newest first."""
    return child_pages(campaigns_of_audiences)


def audience_stats_loader(_context: Context) -> DataLoader[ObjectId, Row | None]:
    """The stats of all the campaigns of an audience."""
    return by_key(stats_of_audiences)


async def rule_sentence(info: Info, rule: Mapping[str, Any], *, zone: str | None = None) -> str:
    """A stored rule as an English sentence, groups by their names; days are the deployment's unless said."""
    names = await info.context.loader(_group_names_loader).load(None) if names_group(rule) else {}
    settings = info.context.resources.settings
    return describe(
        rule, currency=settings.currency, zone=zone or settings.time_zone, fields=stored_fields(names)
    )
