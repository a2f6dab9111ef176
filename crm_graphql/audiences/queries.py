"""Audiences as they are read: by id, in lists, the preview of a rule, and what a rule may name."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bson import ObjectId
from pymongo.errors import ExecutionTimeout

from crm_graphql.audiences.catalogue import FieldInfo, catalogue
from crm_graphql.audiences.compile import compile_rule
from crm_graphql.audiences.counting import Count, count_matching, count_reach
from crm_graphql.audiences.custom import custom_rule_fields
from crm_graphql.audiences.describe import describe_rule
from crm_graphql.audiences.documents import Audience
from crm_graphql.audiences.explain import Explanation, explain_rule, shown_fields
from crm_graphql.audiences.fields import CUSTOMER_FIELDS, RuleFields, fields_with, stored_fields
from crm_graphql.audiences.rules import Rule, parse, read_rule
from crm_graphql.audiences.stored import custom_keys, names_group
from crm_graphql.consents.queries import list_topics
from crm_graphql.core.actor import Actor, Permission
from crm_graphql.core.clock import Clock
from crm_graphql.core.errors import ErrorCode, LimitExceeded, Problem
from crm_graphql.core.paging import Page, PageRequest, Row, SortKey
from crm_graphql.core.settings import Settings
from crm_graphql.core.texts import prefix_range, words
from crm_graphql.custom_fields.queries import definitions, definitions_named
from crm_graphql.customers.documents import Customer
from crm_graphql.customers.queries import CustomerReference, find_customer
from crm_graphql.groups.queries import group_names
from crm_graphql.mongo.pages import count_in_time, read_by_ids, read_page

NO_CUSTOMER = Problem(ErrorCode.NOT_FOUND, "There is no such customer.", ("customer",))
NEWEST_FIRST = SortKey((("created_at", -1), ("_id", -1)))
SEARCHED_WORDS = 10
FIELDS = dict.fromkeys(("name", "description", "rule", "size", "size_at", "created_at", "updated_at"), 1)
SAMPLE_SIZE = 10
SAMPLE_LIMIT = 100
OPTIONS_LIMIT = 50
NAMESAKES_LIMIT = 100
NAMED = 10
LISTED_FIELDS = ("country", "city", "tags")
"""The fields whose values that occur are shown as options while they are few."""


async def audiences_by_ids(ids: Sequence[ObjectId]) -> Mapping[ObjectId, Row]:
    """The audiences with these ids, by id."""
    return await read_by_ids(Audience.get_pymongo_collection(), ids)


async def find_audience(key: ObjectId) -> Row | None:
    """The audience, or None."""
    return await Audience.get_pymongo_collection().find_one({"_id": key})


def list_filter(search: str | None = None) -> dict[str, Any]:
    """The MongoDB filter of a list: each word of `search` is the beginning of a word of the name."""
    found = words(search or "")[:SEARCHED_WORDS]
    parts = [{"name_words": {"$elemMatch": prefix_range(word)}} for word in found]
    return {"$and": parts} if parts else {}


async def list_audiences(filter_: Mapping[str, Any], page: PageRequest) -> Page[Row]:
    """A page of the audiences that match, newest first."""
    return await read_page(Audience.get_pymongo_collection(), filter_, NEWEST_FIRST, page, FIELDS)


async def namesakes(audience: Row) -> Sequence[Row]:
    """Other audiences of the same name; neither case nor space counts.

    Ask after the audience is written: of two that are made at once at least the later is told of the other.
    """
    name = audience["name"]
    alike = {"name_words": words(name), "_id": {"$ne": audience["_id"]}}
    found = Audience.get_pymongo_collection().find(alike, {"name": 1}).limit(NAMESAKES_LIMIT)
    return [row async for row in found if row["name"].casefold().split() == name.casefold().split()]


async def count_audiences(filter_: Mapping[str, Any]) -> int | None:
    """How many match; None where counting takes too long."""
    return await count_in_time(Audience.get_pymongo_collection(), filter_)


@dataclass(frozen=True, slots=True)
class RulePreview:
    """What a rule that is not saved would select. With `problems` there is nothing else; `count` is None
    also where counting takes too long."""

    evaluated_at: datetime
    rule_text: str | None = None
    count: Count | None = None
    sample: Sequence[Row] = ()
    problems: Sequence[Problem] = field(default_factory=tuple)


async def get_audience(actor: Actor, key: ObjectId) -> Row | None:
    """The audience, or None. Requires AUDIENCES_READ."""
    actor.require(Permission.AUDIENCES_READ)
    return await find_audience(key)


async def preview_rule(
    actor: Actor,
    rule: Mapping[str, Any],
    sample_size: int | None = None,
    *,
    fields: Mapping[str, int] | None = None,
    clock: Clock,
    settings: Settings,
) -> RulePreview:
    """Size, reach and some of the customers of a rule as of now; ten customers unless said, with `fields`
    (all by default). Requires AUDIENCES_READ.

    A rule that is not whole yet, or a sample that is too large, comes back in `problems`.
    """
    actor.require(Permission.AUDIENCES_READ)
    now = settings.local(clock.now())
    problems = list(_sample_problems(sample_size))
    parsed = read_rule(rule, problems, await present_fields(), default_country=settings.country or None)
    if problems or parsed is None:
        return RulePreview(now, problems=problems)
    timeout = settings.rule_count_timeout_seconds
    count, sample = await asyncio.gather(
        count_reach(parsed, now, timeout_seconds=timeout),
        _sample(parsed, now, SAMPLE_SIZE if sample_size is None else sample_size, fields, timeout),
    )
    return RulePreview(
        now,
        rule_text=describe_rule(parsed, currency=settings.currency, zone=settings.time_zone),
        count=count,
        sample=sample,
    )


def _sample_problems(size: int | None) -> Sequence[Problem]:
    if size is None or 0 <= size <= SAMPLE_LIMIT:
        return ()
    message = f"A sample holds 0 to {SAMPLE_LIMIT} customers, not {size}."
    return LimitExceeded(message, path=("sampleSize",)).problems


async def _sample(
    rule: Rule, at: datetime, size: int, fields: Mapping[str, int] | None, timeout_seconds: float
) -> Sequence[Row]:
    """Some of the matching customers, in no order; fewer, or none, where finding them takes too long."""
    if size == 0:
        return ()
    cursor = Customer.get_pymongo_collection().find(compile_rule(rule, at), fields).limit(size)
    rows: list[Row] = []
    try:
        async with asyncio.timeout(timeout_seconds), cursor:
            async for row in cursor.max_time_ms(round(timeout_seconds * 1_000)):
                rows.append(row)
    except (TimeoutError, ExecutionTimeout):
        pass
    return rows


async def explain_customer(
    actor: Actor,
    rule: Mapping[str, Any],
    customer: CustomerReference | None,
    *,
    clock: Clock,
    settings: Settings,
) -> Explanation:
    """Why the customer is in or out of a rule as of now. Requires AUDIENCES_READ and CUSTOMERS_READ.

    What is wrong with the rule, and a customer that there is not, come back in `problems`; without a customer
    the rule is checked alone.
    """
    actor.require(Permission.AUDIENCES_READ)
    actor.require(Permission.CUSTOMERS_READ)
    problems: list[Problem] = []
    parsed = read_rule(rule, problems, await present_fields(), default_country=settings.country or None)
    fields = {"_id": 1} if parsed is None else shown_fields(parsed)
    found = await find_customer(customer, fields=fields) if customer else None
    if customer is not None and found is None:
        problems.append(NO_CUSTOMER)
    if problems or parsed is None or found is None:
        return Explanation(problems=problems)
    return explain_rule(parsed, found, settings.local(clock.now()), currency=settings.currency)


async def count_rule(rule: Mapping[str, Any], *, clock: Clock, settings: Settings) -> int | None:
    """How many customers a saved rule selects now; None where counting takes too long."""
    timeout = settings.rule_count_timeout_seconds
    parsed = parse(rule, await fields_of_stored(rule))
    return await count_matching(parsed, settings.local(clock.now()), timeout_seconds=timeout)


async def rule_fields(actor: Actor) -> list[FieldInfo]:
    """Every field that a rule may name; countries, cities and tags with their values while there are at most
    fifty. Requires AUDIENCES_READ."""
    actor.require(Permission.AUDIENCES_READ)
    found, fields = await asyncio.gather(
        asyncio.gather(*(known_values(name, OPTIONS_LIMIT + 1) for name in LISTED_FIELDS)), present_fields()
    )
    return catalogue(
        fields,
        options={
            name: tuple(values)
            for name, values in zip(LISTED_FIELDS, found, strict=True)
            if 0 < len(values) <= OPTIONS_LIMIT
        },
    )


async def present_fields() -> RuleFields:
    """The fields that a new rule may name: of topics, groups and custom fields, those that there are."""
    topics, groups, custom = await asyncio.gather(list_topics(), group_names(), definitions())
    by_slug = {topic["slug"]: topic["name"] for topic in topics}
    return fields_with(by_slug, groups, custom_rule_fields(custom.values()))


async def fields_of_stored(*rules: Mapping[str, Any]) -> RuleFields:
    """The fields of saved rules, also custom fields that were deleted since: nobody has a value of these.
    Nothing is read for rules that name none."""
    named = await definitions_named(custom_keys(*rules))
    if not named:
        return CUSTOMER_FIELDS
    return stored_fields(None, custom_rule_fields(named.values(), is_stored=True))


async def audiences_naming_group(group_id: ObjectId) -> Sequence[str]:
    """The names of the audiences whose rules name the group. Reads every rule: they are few."""
    rows = Audience.get_pymongo_collection().find({}, {"name": 1, "rule": 1}).sort("created_at", -1)
    return [row["name"] async for row in rows if names_group(row["rule"], group_id)]


async def audiences_naming_field(key: str) -> Sequence[Row]:
    """The newest audiences whose rules name the custom field. Reads every rule: they are few."""
    rows = Audience.get_pymongo_collection().find({}).sort("created_at", -1)
    return [row async for row in rows if key in custom_keys(row["rule"])][:NAMED]


async def known_values(name: str, limit: int) -> Sequence[str]:
    """The first `limit` values of customers' field `name`, in order, each as one of them writes it.

    Goes from one value to the next in the index, so it costs the same for few customers and many.
    """
    path, values, last = f"folded.{name}", list[str](), ""
    customers = Customer.get_pymongo_collection()
    while len(values) < limit:
        cursor = customers.find({path: {"$gt": last}}, {name: 1, path: 1}).hint("folded").limit(1)
        row = await anext(cursor, None)
        if row is None:
            break
        given, folded = row[name], row["folded"][name]
        if isinstance(folded, list):
            # The index is read upwards, so the customer was found by the least of its tags beyond the last.
            folded, given = min(pair for pair in zip(folded, given, strict=True) if pair[0] > last)
        values.append(given)
        last = folded
    return values
