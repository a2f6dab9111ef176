"""Audiences by id, and their sizes, for all the objects of a request that name one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from bson import ObjectId
from strawberry.dataloader import DataLoader

from crm_graphql.audiences.custom import custom_rule_fields
from crm_graphql.audiences.describe import describe
from crm_graphql.audiences.fields import stored_fields
from crm_graphql.audiences.queries import audiences_by_ids
from crm_graphql.audiences.sizes import AudienceSize, current_sizes
from crm_graphql.audiences.stored import custom_keys, names_group
from crm_graphql.campaigns.queries import campaigns_of_audiences, stats_of_audiences
from crm_graphql.core.errors import InvalidInput
from crm_graphql.core.paging import Page, Row
from crm_graphql.custom_fields.definitions import Definition
from crm_graphql.custom_fields.queries import definitions_named
from crm_graphql.gql.context import Context, Info
from crm_graphql.gql.loaders import ChildPage, by_key, child_pages
from crm_graphql.groups.queries import group_names

NO_SENTENCE = "names a custom field that was deleted"
"""Of a rule whose field was deleted, and made again as another type."""


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


def _custom_loader(_context: Context) -> DataLoader[str, Definition | None]:
    """Custom fields by key, deleted ones too, read once for all rules of a request that name one."""

    async def load(keys: list[str]) -> list[Definition | None]:
        found = await definitions_named(frozenset(keys))
        return [found.get(key) for key in keys]

    return DataLoader(load_fn=load, cache=False)


async def rule_sentence(
    info: Info,
    rule: Mapping[str, Any],
    *,
    zone: str | None = None,
    frozen: Iterable[Definition] | None = None,
) -> str:
    """A stored rule as an English sentence, groups and custom fields as people call them, these by `frozen`
    where it is given; days are the deployment's unless said."""
    names = await info.context.loader(_group_names_loader).load(None) if names_group(rule) else {}
    custom: Iterable[Definition | None] | None = frozen
    if custom is None:
        custom = await info.context.loader(_custom_loader).load_many(sorted(custom_keys(rule)))
    known = custom_rule_fields([one for one in custom if one is not None], is_stored=True)
    settings = info.context.resources.settings
    zone, fields = zone or settings.time_zone, stored_fields(names, known)
    try:
        return describe(rule, currency=settings.currency, zone=zone, fields=fields)
    except InvalidInput:
        return NO_SENTENCE
