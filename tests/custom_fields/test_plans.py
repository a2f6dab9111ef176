"""Rules on custom fields, as MongoDB plans them: by the one wildcard index on texts, and by no index of their
own. What that cannot serve is counted within the preview's limit, or not at all."""

from __future__ import annotations

import time
from typing import Any

import pytest

from crm_graphql.audiences.compile import disjoint_filters
from crm_graphql.audiences.counting import BY_REACH, count_reach, covering_hint
from crm_graphql.audiences.custom import custom_rule_fields
from crm_graphql.audiences.fields import fields_with
from crm_graphql.audiences.rules import Rule, parse
from crm_graphql.customers.documents import Customer
from crm_graphql.resources import Database, Resources
from tests.audiences.factories import AT, customer, where
from tests.audiences.test_plans import explain
from tests.custom_fields.factories import BOOLEAN, DATE, LIST, TEXT, definition, holding

POINTS = definition()
TIER = definition(LIST, "tier", options=("Gold", "Tin"))
SINCE = definition(DATE, "since")
NOTE = definition(TEXT, "note")
VIP = definition(BOOLEAN, "vip")
RATED = definition(key="rated", default=5)
FIELDS = fields_with({}, {}, custom_rule_fields([POINTS, TIER, SINCE, NOTE, VIP, RATED]))

INDEXED = {
    "number": where("custom.points", "GT", 900),
    "number range": where("custom.points", "BETWEEN", [10, 20.5]),
    "number set": where("custom.points", "IS_SET"),
    "option": where("custom.tier", "CONTAINS", "Gold"),
    "options": where("custom.tier", "IN", ["Gold", "Tin"]),
    "day": where("custom.since", "WITHIN_LAST", "P30D"),
    "text": where("custom.note", "STARTS_WITH", "n1"),
    "yes": where("custom.vip", "EQ", True),
    "with money": {"all": [where("custom.points", "GT", 900), where("totalSpend", "GTE", 0)]},
    "no default": where("custom.rated", "GT", 900),
    "no default, negated": where("custom.rated", "NE", 5),
}
SCANNED = {
    "not set": where("custom.points", "NOT_SET"),
    "not equal": where("custom.points", "NE", 5),
    "default": where("custom.rated", "LTE", 5),
    "none of": where("custom.tier", "NOT_IN", ["Gold"]),
}


def read(name: str) -> Rule:
    return parse((INDEXED | SCANNED)[name], FIELDS)


@pytest.fixture
async def database(resources: Resources) -> Database:
    """A thousand customers, of whom each third has values."""
    rows = []
    for number in range(1000):
        row = customer(external_id=f"C{number}", email=f"c{number}@example.com")
        held = {
            POINTS.slot: number,
            TIER.slot: ["Gold"] if number % 10 == 0 else ["Tin"],
            SINCE.slot: f"2024-{number % 12 + 1:02}-01",
            NOTE.slot: f"n{number}",
            VIP.slot: number % 2 == 0,
            RATED.slot: number,
        }
        rows.append(holding(row, held) if number % 3 == 0 else row)
    await Customer.get_pymongo_collection().insert_many(rows)
    return resources.database


def test_no_index_of_customers_was_added() -> None:
    names = {index.document["name"] for index in Customer.Settings.indexes}
    assert len(names) == 7
    (wildcard,) = [index for index in Customer.Settings.indexes if index.document["name"] == "folded"]
    assert dict(wildcard.document["key"]) == {"folded.$**": 1}


@pytest.mark.parametrize("name", INDEXED)
async def test_a_rule_on_values_reads_the_index_and_those_who_match(database: Database, name: str) -> None:
    rule = read(name)
    for filter_ in disjoint_filters(rule, AT):
        stages, fetched = await explain(database, [{"$match": filter_}, {"$group": BY_REACH}])
        assert "IXSCAN" in stages
        assert "COLLSCAN" not in stages
        assert fetched <= 334, "those without a value are not looked at"


@pytest.mark.parametrize("name", SCANNED)
async def test_what_asks_for_those_without_a_value_reads_everybody(database: Database, name: str) -> None:
    plans = [
        await explain(database, [{"$match": filter_}, {"$group": BY_REACH}])
        for filter_ in disjoint_filters(read(name), AT)
    ]
    assert max(fetched for _, fetched in plans) == 1000
    assert any("COLLSCAN" in stages for stages, _ in plans)
    assert covering_hint(read(name)) is None


async def test_what_takes_too_long_has_no_size_and_ends_in_time(database: Database) -> None:
    rule = read("not set")
    found: Any = await count_reach(rule, AT, timeout_seconds=10)
    assert found is not None
    assert found.size == 666
    rows = [customer(external_id=f"D{number}") for number in range(20_000)]
    await Customer.get_pymongo_collection().insert_many(rows)
    began = time.perf_counter()
    assert await count_reach(rule, AT, timeout_seconds=0.001) is None
    assert time.perf_counter() - began < 1
