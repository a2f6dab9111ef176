"""The rules that people use are answered from indexes, most without fetching a customer."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from crm_graphql.audiences import counting
from crm_graphql.audiences.compile import compile_rule, disjoint_filters
from crm_graphql.audiences.counting import BY_REACH, Count, count_reach, covering_hint
from crm_graphql.audiences.evaluate import evaluate
from crm_graphql.audiences.rules import parse
from crm_graphql.core.channels import TRAITS, Channel
from crm_graphql.customers.documents import Customer
from crm_graphql.customers.queries import list_filter
from crm_graphql.customers.rule_indexes import EVERYONE
from crm_graphql.resources import Database, Resources
from tests.audiences.factories import AT, customer, where

RICH = where("totalSpend", "GT", 500)
OFTEN = where("visitCount", "GTE", 5)
AWAY = where("lastVisitAt", "NOT_WITHIN_LAST", "P90D")
LATELY = where("lastVisitAt", "WITHIN_LAST", "P30D")

COVERED = {
    "money": RICH,
    "visits": OFTEN,
    "recency": LATELY,
    "absence": AWAY,
    "money and address": {"all": [RICH, where("email", "IS_SET"), where("phone", "NOT_SET")]},
    "never came": where("lastVisitAt", "NOT_SET"),
}
COVERED_WHEN_BROAD = {
    "three clauses": {"all": [RICH, OFTEN, AWAY]},
    "three clauses, recent": {"all": [RICH, OFTEN, LATELY]},
    "visits and absence": {"all": [OFTEN, AWAY]},
    "either": {"any": [RICH, OFTEN]},
    "neither": {"not": {"any": [RICH, OFTEN, LATELY]}},
    "has email": where("email", "IS_SET"),
    "money and place": {"all": [RICH, where("city", "NE", "Pune"), where("country", "NOT_IN", ["Peru"])]},
    "recency and place": {"all": [LATELY, where("country", "EQ", "India")]},
    "place and address": {"all": [where("country", "EQ", "India"), where("email", "IS_SET"), AWAY]},
    "country": where("country", "IN", ["India", "Peru"]),
    "city": where("city", "STARTS_WITH", "Pu"),
    "first visit": where("firstVisitAt", "NOT_SET"),
    "created": where("createdAt", "GTE", "2024-06-10"),
}
INDEXED = {
    "tag": where("tags", "CONTAINS", "vip"),
    "name": where("name", "STARTS_WITH", "anna"),
    "external id": where("externalId", "EQ", "C17"),
    "email": where("email", "EQ", "c17@x.org"),
    "tag and money": {"all": [where("tags", "CONTAINS", "vip"), RICH, AWAY]},
    "money and mail host": {"all": [RICH, where("email", "CONTAINS", "@gmail.")]},
    "country": where("country", "IN", ["India", "Peru"]),
    "city": where("city", "STARTS_WITH", "Pu"),
    "created": where("createdAt", "GTE", "2024-06-10"),
    "name contains": where("name", "CONTAINS", "na 7"),
}


@pytest.fixture
async def database(resources: Resources) -> Database:
    """Two thousand customers."""
    source = random.Random(5)
    await Customer.get_pymongo_collection().insert_many(
        [
            customer(
                external_id=f"C{number}",
                name=f"Anna {number}" if number % 5 else f"Bob {number}",
                email=f"c{number}@{source.choice(('gmail.com', 'x.org'))}" if number % 7 else None,
                phone=f"+49301{number:05}" if number % 3 else None,
                country=source.choice(("India", "Peru", None)),
                city=source.choice(("Pune", "Lima", None)),
                tags=["vip"] if number % 9 == 0 else [],
                total_spend=source.randrange(10_000_000),
                visit_count=source.randrange(10),
                last_visit_at=AT - timedelta(days=source.randrange(365)) if number % 11 else None,
                created_at=AT - timedelta(hours=number),
            )
            for number in range(2000)
        ]
    )
    return resources.database


async def explain(
    database: Database, pipeline: list[dict[str, Any]], **options: str
) -> tuple[list[str], int]:
    """The stages of the winning plan, and how many customers were fetched."""
    command = {"aggregate": "customers", "pipeline": pipeline, "cursor": {}, **options}
    answer = await database.command("explain", command, verbosity="executionStats")
    part = answer if "queryPlanner" in answer else answer["stages"][0]["$cursor"]
    plan = part["queryPlanner"]["winningPlan"]
    return list(_stages(plan.get("queryPlan", plan))), part["executionStats"]["totalDocsExamined"]


def _stages(plan: dict[str, Any]) -> Iterator[str]:
    yield plan["stage"]
    inputs = plan.get("inputStages", [plan["inputStage"]] if "inputStage" in plan else [])
    for inner in inputs:
        yield from _stages(inner)


async def test_every_index_of_a_customer_is_there(database: Database) -> None:
    declared = {index.document["name"] for index in Customer.Settings.indexes}
    assert declared < set(await database.customers.index_information())


@pytest.mark.parametrize("name", COVERED)
async def test_a_preview_of_a_hot_rule_fetches_no_customer(database: Database, name: str) -> None:
    rule = parse(COVERED[name])
    assert covering_hint(rule) is None
    for filter_ in disjoint_filters(rule, AT):
        stages, fetched = await explain(database, [{"$match": filter_}, {"$group": BY_REACH}])
        assert "IXSCAN" in stages
        assert "COLLSCAN" not in stages
        assert fetched == 0, stages


@pytest.mark.parametrize("name", COVERED_WHEN_BROAD)
async def test_a_broad_rule_that_takes_its_time_is_read_from_the_covering_index(
    database: Database, name: str
) -> None:
    rule = parse(COVERED_WHEN_BROAD[name])
    hint = covering_hint(rule)
    assert hint is not None
    for filter_ in disjoint_filters(rule, AT):
        match = {"$and": [EVERYONE, filter_]}
        _, fetched = await explain(database, [{"$match": match}, {"$group": BY_REACH}], hint=hint)
        assert fetched == 0


@pytest.mark.parametrize("patience", [0.000_1, 5.0])
@pytest.mark.parametrize("name", COVERED_WHEN_BROAD)
async def test_both_ways_to_count_agree(
    database: Database, monkeypatch: pytest.MonkeyPatch, name: str, patience: float
) -> None:
    monkeypatch.setattr(counting, "PATIENCE_SECONDS", patience)
    rule = parse(COVERED_WHEN_BROAD[name])
    found = await count_reach(rule, AT, timeout_seconds=30)
    rows = await database.customers.find().to_list()
    matching = [row for row in rows if evaluate(rule, row, AT)]
    assert matching
    assert found == Count(
        size=len(matching),
        reached={
            channel: sum(row[TRAITS[channel].address.field] is not None for row in matching)
            for channel in Channel
        },
    )


@pytest.mark.parametrize("name", INDEXED)
async def test_other_rules_scan_an_index_not_the_collection(database: Database, name: str) -> None:
    for filter_ in disjoint_filters(parse(INDEXED[name]), AT):
        stages, _ = await explain(database, [{"$match": filter_}, {"$group": BY_REACH}])
        assert "IXSCAN" in stages
        assert "COLLSCAN" not in stages


@pytest.mark.parametrize("search", ["17", "anna 17", "bob", "c17@x", "+49 (30) 100017"])
async def test_a_search_scans_indexes_and_fetches_no_more_than_one_of_its_words_has(
    database: Database, search: str
) -> None:
    matching = list_filter(search, default_country="DE")
    stages, fetched = await explain(database, [{"$match": matching}])
    assert "IXSCAN" in stages
    assert "COLLSCAN" not in stages
    found = await database.customers.count_documents(matching)
    assert 0 < found <= fetched <= 3 * found + 15, stages


async def test_a_narrow_rule_fetches_little_more_than_it_selects(database: Database) -> None:
    narrow = compile_rule(parse({"all": [where("externalId", "STARTS_WITH", "c19"), RICH, AWAY]}), AT)
    stages, fetched = await explain(database, [{"$match": narrow}])
    assert "IXSCAN" in stages
    assert fetched <= 111
