"""The vocabulary of a deployment: its fields, the values that occur in them, and what counts as much here."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from cachetools import TTLCache
from pymongo.errors import ExecutionTimeout

from crm_graphql.assistant.spelling import prepare
from crm_graphql.audiences.catalogue import FieldInfo, catalogue
from crm_graphql.audiences.fields import CUSTOMER_FIELDS, RuleFields
from crm_graphql.audiences.queries import LISTED_FIELDS, OPTIONS_LIMIT, known_values, present_fields
from crm_graphql.core.actor import Actor, Permission
from crm_graphql.core.settings import Settings
from crm_graphql.customers.documents import Customer

REMEMBERED_SECONDS = 60.0
VALUES_LIMIT = 500
"""Values of one field that are known beforehand; of others, those that the request names are looked up."""
LONGEST_NAME = 4
"""Words of a value that is looked up."""
LOOKED_UP = 400
_AROUND = ".,;:!?()\"'“”‘’"
"""Signs that a sentence sets beside a value."""
TOP_PERCENTS = (1, 5, 10, 20, 25)
BOTTOM_PERCENT = 25
RANKED = {"totalSpend": "total_spend", "visitCount": "visit_count"}
"""The fields of which a share of all customers can be named, and where they lie."""


@dataclass(frozen=True)
class Vocabulary:
    """What a request may speak of.

    `fields` is the catalogue that `ruleFields` shows and `rule_fields` what a rule is read with; `values` are
    those that occur, by field, and of a `partial` field not all. `top` and `bottom` hold, by field and
    percentage, the amount from which (up to which) a customer is in that share of all: money in
    ten-thousandths; shares that cannot be told are left out.
    """

    fields: tuple[FieldInfo, ...]
    currency: str
    country: str | None = None
    time_zone: str = "UTC"
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    partial: frozenset[str] = frozenset()
    top: Mapping[tuple[str, int], int] = field(default_factory=dict)
    bottom: Mapping[tuple[str, int], int] = field(default_factory=dict)
    rule_fields: RuleFields = field(default_factory=lambda: CUSTOMER_FIELDS)


_remembered: TTLCache[tuple[int, str, *tuple[str, ...]], Vocabulary] = TTLCache(64, REMEMBERED_SECONDS)


def forget_vocabularies() -> None:
    """Have the next request read the vocabulary anew."""
    _remembered.clear()


async def load_vocabulary(actor: Actor, *, settings: Settings, prompt: str = "") -> Vocabulary:
    """The deployment's vocabulary, at most a minute old; values that `prompt` names are in it however many
    there are. Requires AUDIENCES_READ.

    Costs a bounded number of reads of indexes, and what takes longer than a count may is left out.
    """
    actor.require(Permission.AUDIENCES_READ)
    await asyncio.to_thread(prepare)
    place = (
        id(asyncio.get_running_loop()),
        Customer.get_pymongo_collection().full_name,
        *(settings.currency, settings.country, settings.time_zone),
    )
    found = _remembered.get(place)
    if found is None:
        found = await _load(settings)
        _remembered[place] = found
    values = await _with_named(found, prompt, settings.rule_count_timeout_seconds)
    return replace(found, values=values)


async def _load(settings: Settings) -> Vocabulary:
    timeout = settings.rule_count_timeout_seconds
    fields, known, (top, bottom) = await asyncio.gather(
        present_fields(),
        asyncio.gather(*(known_values(name, VALUES_LIMIT + 1) for name in LISTED_FIELDS)),
        _shares(timeout),
    )
    values = {name: tuple(some[:VALUES_LIMIT]) for name, some in zip(LISTED_FIELDS, known, strict=True)}
    options = {name: some for name, some in values.items() if 0 < len(some) <= OPTIONS_LIMIT}
    shown = tuple(catalogue(fields, options))
    return Vocabulary(
        shown,
        settings.currency,
        settings.country or None,
        settings.time_zone,
        values={**{one.field: one.options for one in shown if one.options}, **values},
        partial=frozenset(
            name for name, some in zip(LISTED_FIELDS, known, strict=True) if len(some) > VALUES_LIMIT
        ),
        top=top,
        bottom=bottom,
        rule_fields=fields,
    )


async def _with_named(
    found: Vocabulary, prompt: str, timeout_seconds: float
) -> Mapping[str, tuple[str, ...]]:
    """The values that are known, and of partial fields those that the request names."""
    if not found.partial:
        return found.values
    said = prompt.casefold().split()
    runs = (
        " ".join(said[start : start + length]).strip(_AROUND)
        for length in range(1, LONGEST_NAME + 1)
        for start in range(len(said) - length + 1)
    )
    names = list(dict.fromkeys(filter(None, runs)))[:LOOKED_UP]
    partial = sorted(found.partial)
    more = await asyncio.gather(*(_occurring(name, names, timeout_seconds) for name in partial))
    return {
        **found.values,
        **{
            name: tuple(dict.fromkeys((*found.values[name], *some)))
            for name, some in zip(partial, more, strict=True)
        },
    }


async def _occurring(name: str, candidates: Sequence[str], timeout_seconds: float) -> Sequence[str]:
    """Those of the candidates that occur; none where it takes too long."""
    path, limit = f"folded.{name}", max(1, round(timeout_seconds * 1_000))
    try:
        found = set(
            await Customer.get_pymongo_collection().distinct(
                path, {path: {"$in": list(candidates)}}, maxTimeMS=limit
            )
        )
    except ExecutionTimeout:
        return ()
    return [value for value in candidates if value in found]


Shares = dict[tuple[str, int], int]


async def _shares(timeout_seconds: float) -> tuple[Shares, Shares]:
    """From which amount a customer is in each share of all."""
    count = await Customer.get_pymongo_collection().estimated_document_count()
    tops = [(name, percent) for name in RANKED for percent in TOP_PERCENTS]
    bottoms = [(name, BOTTOM_PERCENT) for name in RANKED]
    found = await asyncio.gather(
        *(_nth(RANKED[name], -1, count * percent // 100, timeout_seconds) for name, percent in tops),
        *(_nth(RANKED[name], 1, count * percent // 100, timeout_seconds) for name, percent in bottoms),
    )
    top, bottom = found[: len(tops)], found[len(tops) :]
    return (
        {share: amount for share, amount in zip(tops, top, strict=True) if amount},
        {share: amount for share, amount in zip(bottoms, bottom, strict=True) if amount is not None},
    )


async def _nth(path: str, direction: int, skipped: int, timeout_seconds: float) -> int | None:
    """The value of the customer after that many, from the index; None where it takes too long."""
    cursor = (
        Customer.get_pymongo_collection()
        .find({}, {path: 1, "_id": 0})
        .sort([(path, direction), ("_id", direction)])
        .skip(max(skipped - 1, 0))
        .limit(1)
        .max_time_ms(round(timeout_seconds * 1_000))
    )
    try:
        async with cursor:
            row: Mapping[str, Any] | None = await anext(cursor, None)
    except ExecutionTimeout:
        return None
    return None if row is None else int(row[path])
