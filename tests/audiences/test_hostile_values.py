"""What a caller sends stays a value: never an operator, a field path or a regular expression."""

from __future__ import annotations

import json
from typing import Any

import pytest
from bson import json_util

from crm_graphql.audiences.compile import compile_rule, disjoint_filters
from crm_graphql.audiences.fields import CUSTOMER_FIELDS, OPERATORS, RuleFieldType, RuleOperator
from crm_graphql.audiences.rules import parse
from crm_graphql.core.texts import prefix_range
from crm_graphql.customers.documents import Customer
from crm_graphql.resources import Resources
from tests.audiences.factories import AT, TEXTS, customer, where

PATHS = {
    ".".join(field.path_for(operator)) for field in CUSTOMER_FIELDS.values() for operator in RuleOperator
} | {"reach"}
MONGO_OPERATORS = {
    *("$and", "$or", "$not", "$regex", "$in", "$nin", "$eq", "$ne"),
    *("$gt", "$gte", "$lt", "$lte"),
}


def keys_of(value: Any) -> set[str]:
    """All keys in a filter, at any depth."""
    if isinstance(value, dict):
        return set(value) | {key for inner in value.values() for key in keys_of(inner)}
    return {key for item in value for key in keys_of(item)} if isinstance(value, list) else set()


@pytest.mark.parametrize("text", ["$where", "folded.name", "{$gt: 1}", "$$ROOT", "__proto__", "$regex"])
def test_a_callers_text_is_never_a_key(text: str) -> None:
    for field in CUSTOMER_FIELDS.values():
        if field.type not in (RuleFieldType.TEXT, RuleFieldType.LIST) or field.options:
            continue
        for operator in OPERATORS[field.type]:
            value: Any = [text] if operator.value in ("IN", "NOT_IN") else text
            rule = parse(where(field.name, operator.value, None if "SET" in operator.value else value))
            for filter_ in (compile_rule(rule, AT), *disjoint_filters(rule, AT)):
                assert keys_of(filter_) <= PATHS | MONGO_OPERATORS


async def test_each_text_is_found_by_itself_and_by_nothing_else(resources: Resources) -> None:
    customers = Customer.get_pymongo_collection()
    await customers.insert_many([customer(external_id=str(n), name=text) for n, text in enumerate(TEXTS)])
    for text in TEXTS:
        folded = text.casefold()
        expected = {
            "EQ": [other for other in TEXTS if other.casefold() == folded],
            "CONTAINS": [other for other in TEXTS if folded in other.casefold()],
            "STARTS_WITH": [other for other in TEXTS if other.casefold().startswith(folded)],
        }
        for operator, names in expected.items():
            rows = customers.find(compile_rule(parse(where("name", operator, text)), AT))
            assert sorted([row["name"] async for row in rows]) == sorted(names), (operator, text)


async def test_the_longest_texts_work_in_every_operator(resources: Resources) -> None:
    customers = Customer.get_pymongo_collection()
    await customers.insert_one(customer(name="x" + "ß(" * 2000))
    for text in ("ß(" * 500, "(" * 500 + "\\" * 500, "😀" * 1000):
        for operator in ("EQ", "CONTAINS", "NOT_CONTAINS", "STARTS_WITH"):
            await customers.count_documents(compile_rule(parse(where("name", operator, text)), AT))
    found = compile_rule(parse(where("name", "CONTAINS", "SS(" * 200)), AT)
    assert await customers.count_documents(found) == 1


async def test_a_thousand_values_and_two_hundred_parts_are_answered(resources: Resources) -> None:
    values = [f"city {number}" for number in range(1000)]
    rule = parse({"any": [where("city", "IN", values), *([where("name", "CONTAINS", ".*")] * 198)]})
    customers = Customer.get_pymongo_collection()
    await customers.insert_one(customer(city="CITY 999"))
    assert await customers.count_documents(compile_rule(rule, AT)) == 1


def test_case_is_folded_not_lowered() -> None:
    for one, other in (("STRASSE", "straße"), ("ΣΊΣΥΦΟΣ", "σίσυφος"), ("İ", "i̇"), ("ſ", "S")):
        assert compile_rule(parse(where("city", "EQ", one)), AT) == compile_rule(
            parse(where("city", "EQ", other)), AT
        )


@pytest.mark.parametrize(
    ("prefix", "range_"),
    [
        ("ab", {"$gte": "ab", "$lt": "ac"}),
        ("a\U0010ffff", {"$gte": "a\U0010ffff", "$lt": "b"}),
        ("\ud7ff", {"$gte": "\ud7ff", "$lt": "\ue000"}),
        ("\U0010ffff", {"$gte": "\U0010ffff"}),
    ],
)
def test_a_prefix_is_a_range_that_misses_nothing(prefix: str, range_: dict[str, str]) -> None:
    assert prefix_range(prefix) == range_


def test_a_compiled_rule_survives_bson_json() -> None:
    filter_ = compile_rule(parse(where("lastVisitAt", "WITHIN_LAST", "P9999Y")), AT)
    assert json.loads(json_util.dumps(filter_))
