"""MongoDB and plain Python select the same customers, whatever the rule."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import pytest
from bson import ObjectId
from hypothesis import HealthCheck, given, settings
from pymongo import MongoClient
from pymongo.collection import Collection

from crm_graphql.audiences.compile import compile_rule, disjoint_filters
from crm_graphql.audiences.describe import describe_rule
from crm_graphql.audiences.evaluate import evaluate
from crm_graphql.audiences.explain import explain_rule
from crm_graphql.audiences.rules import Rule, parse
from crm_graphql.audiences.stored import to_stored
from crm_graphql.core.zones import zone_of
from crm_graphql.customers.documents import Customer
from crm_graphql.local.mongod import Mongod
from tests.audiences.factories import AT, random_customers, where
from tests.audiences.trees import REPEATED, RULES

ZONES = ("UTC", "America/New_York", "Africa/Cairo", "Pacific/Chatham")
"""Of days in rules; a batch of trees for each."""
TREES_A_BATCH = 500
CUSTOMERS = 200
EXPLAINED = 4
"""Of so many customers each rule is explained."""

Customers = Collection[dict[str, Any]]


@pytest.fixture(scope="module", params=range(len(ZONES)))
def population(
    request: pytest.FixtureRequest, mongod: Mongod
) -> Iterator[tuple[Customers, list[Any], datetime]]:
    """Another two hundred customers for each batch of trees, with the product's indexes."""
    with MongoClient[dict[str, Any]](mongod.url, tz_aware=True) as client:
        collection = client["rules_agreement"][f"customers_{request.param}"]
        documents = random_customers(CUSTOMERS, seed=request.param)
        collection.create_indexes(Customer.Settings.indexes)
        collection.insert_many(documents)
        yield collection, documents, AT.astimezone(zone_of(ZONES[request.param]))
        collection.drop()


@pytest.mark.slow
@given(raw=RULES)
@settings(
    max_examples=TREES_A_BATCH,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_mongodb_and_python_agree(
    population: tuple[Customers, list[Any], datetime], raw: dict[str, Any]
) -> None:
    _, documents, at = population
    rule, found = assert_selected(raw, *population)
    assert parse(to_stored(rule)) == parse(raw)
    assert describe_rule(rule, currency="INR")
    assert_explained(rule, raw, documents, found, at)


@pytest.mark.slow
@given(raw=REPEATED)
@settings(
    max_examples=TREES_A_BATCH, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_they_agree_on_rules_that_repeat_themselves(
    population: tuple[Customers, list[Any], datetime], raw: dict[str, Any]
) -> None:
    assert_selected(raw, *population)


def test_they_agree_on_an_amount_that_is_asked_for_twice(
    population: tuple[Customers, list[Any], datetime],
) -> None:
    cent = where("totalSpend", "EQ", "0.0001")
    visited = {"not": where("visitCount", "NOT_SET")}
    raw = {"any": [where("totalSpend", "EQ", "0.00"), {"all": [visited, {"any": [cent, cent]}]}]}
    assert_selected(raw, *population)


def assert_selected(
    raw: dict[str, Any], collection: Customers, documents: list[Any], at: datetime
) -> tuple[Rule, set[ObjectId]]:
    """MongoDB selects whom plain Python selects, by one filter and by those that exclude each other."""
    rule = parse(raw)
    expected = sorted(one["_id"] for one in documents if evaluate(rule, one, at))
    found = sorted(row["_id"] for row in collection.find(compile_rule(rule, at), {"_id": 1}))
    assert found == expected
    parts = [row["_id"] for part in disjoint_filters(rule, at) for row in collection.find(part, {"_id": 1})]
    assert sorted(parts) == expected, "the disjoint filters must select each customer once"
    return rule, set(found)


def assert_explained(
    rule: Rule, raw: dict[str, Any], documents: list[dict[str, Any]], found: set[ObjectId], at: datetime
) -> None:
    """The explanation has MongoDB's outcome at its root, and at each part that of the part alone."""
    for one in documents[:EXPLAINED]:
        explanation = explain_rule(rule, one, at, currency="INR")
        assert explanation.matches is explanation.nodes[0].matches is (one["_id"] in found)
        assert explanation.text
        for node in explanation.nodes:
            assert node.matches is evaluate(parse(part_at(raw, node.path)), one, at), node


def part_at(raw: Any, path: Sequence[str]) -> dict[str, Any]:
    """The part of a rule to whose only key the path leads."""
    for key in path[:-1]:
        raw = raw[int(key)] if isinstance(raw, list) else raw[key]
    part: dict[str, Any] = raw
    assert list(part) == [path[-1]]
    return part
