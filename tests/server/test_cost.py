"""An operation's cost is about the number of fields in its largest answer."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import GraphQLList, GraphQLNonNull, GraphQLObjectType, get_named_type, is_composite_type

from crm_graphql.server.operations.prices import LISTS, PAGED, WEIGHTS
from tests.server.asking import SCHEMA, prepared

NODES = "nodes { id }"
INGEST = "{ errors { code } }"


async def cost(text: str, variables: dict[str, Any] | None = None) -> int:
    return (await prepared(text, variables, query_cost=10**12)).cost


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{ __typename }", 1),
        ('{ customer(by: {externalId: "x"}) { id name } }', 3),
        # A page: itself 1 and 10, its list 1, then each row 1 and its fields.
        ("{ customers { nodes { id } } }", 12 + 50 * 2),
        ("{ customers(first: 7) { nodes { id } } }", 12 + 7 * 2),
        ("{ customers(last: 7) { nodes { id } } }", 12 + 7 * 2),
        ("{ customers(first: null) { nodes { id } } }", 12 + 50 * 2),
        ("{ customers(first: 5000) { nodes { id } } }", 12 + 100 * 2),
        ("{ customers(first: -1) { nodes { id } } }", 12),
        ("{ customers(first: 7) { edges { cursor node { id } } } }", 12 + 7 * 4),
        ("{ customers(first: 7) { nodes { id } edges { node { id } } } }", 13 + 7 * 2 + 7 * 3),
        ("{ customers(first: 7) { totalCount pageInfo { hasNextPage } } }", 11 + 101 + 2),
        (
            "{ customers(first: 7) { nodes { orders(first: 3) { nodes { id } } } } }",
            12 + 7 * (1 + 12 + 3 * 2),
        ),
        ('{ nodes(ids: ["a", "b"]) { id } }', 1 + 2 * 2),
        ("{ audiencePreview(rule: {all: []}, sampleSize: 4) { sample { id } } }", 1 + 101 + 4 * 2),
        ("{ audiencePreview(rule: {all: []}) { sample { id } } }", 1 + 101 + 10 * 2),
        ("{ ruleFields { field operators { operator } } }", 1 + 20 * (1 + 1 + 1 + 16 * 2)),
        ('subscription { deliveryUpdates(campaignId: "x") { deliveries { id } } }', 2 + 500 * 2),
        # Nothing is taken as skipped or merged.
        ("{ customers(first: 7) { nodes { id @skip(if: true) id } } }", 12 + 7 * 3),
        ("{ __schema { types { name } } }", 100),
    ],
)
async def test_what_an_answer_may_hold(text: str, expected: int) -> None:
    assert await cost(text) == expected


@pytest.mark.parametrize("rows", ["nodes { id }", "...F", "... on CustomerConnection { ...F }"])
async def test_a_page_counts_the_same_through_fragments(rows: str) -> None:
    fragment = "fragment F on CustomerConnection { nodes { id } }" if "F" in rows else ""
    assert await cost(f"{{ customers(first: 7) {{ {rows} }} }} {fragment}") == 12 + 7 * 2


async def test_one_fragment_is_multiplied_by_each_page_that_spreads_it() -> None:
    text = """{ a: customers(first: 2) { ...F } b: customers(first: 3) { ...F } }
      fragment F on CustomerConnection { nodes { id } }"""
    assert await cost(text) == 2 * 12 + (2 + 3) * 2


@pytest.mark.parametrize(
    ("variables", "rows"),
    [({"n": 7}, 7), ({}, 20), ({"n": None}, 50), ({"n": 10**30}, 100), ({"n": "x"}, 100), ({"n": -5}, 0)],
)
async def test_a_page_size_may_come_in_a_variable(variables: dict[str, Any], rows: int) -> None:
    text = "query ($n: Int = 20) { customers(first: $n) { nodes { id } } }"
    assert await cost(text, variables) == 12 + rows * 2


async def test_variables_multiply_down_the_tree() -> None:
    text = """query ($n: Int, $m: Int) { customers(first: $n) { nodes { ...C } } }
      fragment C on Customer { orders(first: $m) { nodes { id } } }"""
    assert await cost(text, {"n": 3, "m": 4}) == 12 + 3 * (1 + 12 + 4 * 2)


@pytest.mark.parametrize(
    ("text", "variables"),
    [
        ('mutation { customersIngest(input: {records: [{externalId: "a"}, {externalId: "b"}]}) %s }', {}),
        (
            "mutation ($r: [CustomerRecordInput!]!) { customersIngest(input: {records: $r}) %s }",
            {"r": [{"externalId": "a"}, {"externalId": "b"}]},
        ),
        (
            "mutation ($i: CustomersIngestInput!) { customersIngest(input: $i) %s }",
            {"i": {"records": [{"externalId": "a"}, {"externalId": "b"}]}},
        ),
    ],
)
async def test_records_of_a_mutation_are_counted_wherever_they_stand(
    text: str, variables: dict[str, Any]
) -> None:
    assert await cost(text % INGEST, variables) == 1 + 50 + 2 * 10 + 1 + 10 * 2


async def test_a_list_in_a_variable_counts_its_items() -> None:
    text = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    assert await cost(text, {"ids": ["a"] * 9}) == 1 + 9 * 2
    assert await cost(text, {"ids": "a"}) == 1 + 2
    assert await cost(text, {}) == 1


async def test_fragments_that_double_at_each_step_are_priced_at_once() -> None:
    steps = [f"fragment f{n} on Customer {{ ...f{n + 1} ...f{n + 1} }}" for n in range(45)]
    text = "{ customers(first: 1) { nodes { ...f0 } } } " + " ".join(steps)
    assert await cost(f"{text} fragment f45 on Customer {{ id }}") == 10**12


def test_each_list_of_objects_has_a_size_and_each_weight_a_field() -> None:
    lists, fields = set(), set()
    for kind in SCHEMA.type_map.values():
        if not isinstance(kind, GraphQLObjectType) or kind.name.startswith("__"):
            continue
        owner = "Connection" if kind.name.endswith("Connection") else kind.name
        for name, declared in kind.fields.items():
            fields.add(f"{owner}.{name}")
            outer = declared.type.of_type if isinstance(declared.type, GraphQLNonNull) else declared.type
            if isinstance(outer, GraphQLList) and is_composite_type(get_named_type(outer)):
                lists.add(f"{owner}.{name}")
    # Errors are few, and `ids` says how many nodes.
    unsized = {name for name in lists - PAGED - set(LISTS) if not name.endswith(".errors")}
    assert unsized == {"Query.nodes"}
    assert set(WEIGHTS) | set(LISTS) | PAGED <= fields
