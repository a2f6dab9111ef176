"""MongoDB and plain Python select the same customers by custom fields, with and without defaults."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pymongo import MongoClient
from pymongo.collection import Collection

from crm_graphql.audiences.compile import compile_rule, disjoint_filters
from crm_graphql.audiences.custom import custom_rule_fields
from crm_graphql.audiences.describe import describe_rule
from crm_graphql.audiences.evaluate import evaluate
from crm_graphql.audiences.explain import explain_rule
from crm_graphql.audiences.fields import (
    OPERATORS,
    RuleFieldType,
    RuleOperator,
    RuleValueShape,
    fields_with,
    value_shape,
)
from crm_graphql.audiences.rules import parse
from crm_graphql.audiences.stored import to_stored
from crm_graphql.core.zones import zone_of
from crm_graphql.custom_fields.definitions import Definition
from crm_graphql.custom_fields.documents import CustomFieldType
from crm_graphql.customers.documents import Customer
from crm_graphql.local.mongod import Mongod
from tests.audiences.factories import AT, DURATIONS, TEXTS, customer
from tests.custom_fields.factories import BOOLEAN, DATE, LIST, NUMBER, TEXT, definition, holding

TREES = 800
OPTIONS = ("Gold", "Silver", "STRASSE", "İstanbul")
VALUES: dict[CustomFieldType, tuple[Any, ...]] = {
    TEXT: tuple(text for text in TEXTS if text == text.strip() and text),
    NUMBER: (0, 1, -1, 5, 12.5, 0.1, 0.3, -2.5, 10**15 - 1, 1e-9),
    DATE: ("2024-06-15", "2024-06-14", "2024-06-16", "2024-05-16", "1990-01-01", "9999-12-31", "0001-01-01"),
    BOOLEAN: (True, False),
    LIST: OPTIONS,
}
DEFAULTS: dict[CustomFieldType, Any] = {
    TEXT: "Mumbai",
    NUMBER: 5,
    DATE: "2024-06-15",
    BOOLEAN: False,
    LIST: ("Gold", "Silver"),
}


def fields() -> list[Definition]:
    """Each type with a default and without."""
    found = []
    for type_ in CustomFieldType:
        options = OPTIONS if type_ is LIST else None
        name = type_.value.lower()
        found.append(definition(type_, name, options=options))
        found.append(definition(type_, f"{name}_or", options=options, default=DEFAULTS[type_]))
    return found


FIELDS = fields()
RULE_FIELDS = {field.name: field for field in custom_rule_fields(FIELDS)}
BY_NAME = {field.name: field for field in FIELDS}
ALL = fields_with({}, {}, RULE_FIELDS.values())


@st.composite
def conditions(draw: st.DrawFn) -> dict[str, Any]:
    field = draw(st.sampled_from(list(RULE_FIELDS.values())))
    operator: RuleOperator = draw(st.sampled_from(OPERATORS[field.type]))
    condition: dict[str, Any] = {"field": field.name, "operator": operator.value}
    values, shape = st.sampled_from(VALUES[BY_NAME[field.name].type]), value_shape(operator)
    if shape is RuleValueShape.ONE:
        condition["value"] = draw(values)
    elif shape is RuleValueShape.LIST:
        condition["value"] = draw(st.lists(values, min_size=1, max_size=3))
    elif shape is RuleValueShape.RANGE:
        condition["value"] = sorted((draw(values), draw(values)))
    elif shape is RuleValueShape.DURATION:
        condition["value"] = draw(st.sampled_from(DURATIONS))
    return {"where": condition}


RULES = st.recursive(
    conditions(),
    lambda parts: st.one_of(
        st.builds(lambda found: {"all": found}, st.lists(parts, min_size=1, max_size=3)),
        st.builds(lambda found: {"any": found}, st.lists(parts, min_size=1, max_size=3)),
        st.builds(lambda found: {"not": found}, parts),
    ),
    max_leaves=6,
)


def people(count: int) -> list[dict[str, Any]]:
    """Customers with some of the values, and with none."""
    source, found = random.Random(7), []
    for number in range(count):
        held: dict[str, Any] = {}
        for field in FIELDS:
            if source.random() < 0.5:
                held[field.slot] = source.choice(VALUES[field.type])
                if field.type is LIST:
                    held[field.slot] = source.sample(OPTIONS, source.choice((1, 2)))
        document = customer(external_id=f"C{number}")
        found.append(holding(document, held) if held else document)
    return found


@pytest.fixture(scope="module", params=["UTC", "Pacific/Chatham"])
def population(
    request: pytest.FixtureRequest, mongod: Mongod
) -> Iterator[tuple[Collection[dict[str, Any]], list[dict[str, Any]], datetime]]:
    """Two hundred customers, with the product's indexes."""
    with MongoClient[dict[str, Any]](mongod.url, tz_aware=True) as client:
        collection = client["custom_agreement"]["customers_" + request.param.lower().replace("/", "_")]
        documents = people(200)
        collection.create_indexes(Customer.Settings.indexes)
        collection.insert_many(documents)
        yield collection, documents, AT.astimezone(zone_of(request.param))
        collection.drop()


def test_every_type_of_a_rule_is_drawn() -> None:
    assert {field.type for field in RULE_FIELDS.values()} == set(RuleFieldType) - {RuleFieldType.MONEY}


@pytest.mark.slow
@given(raw=RULES)
@settings(
    max_examples=TREES,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_mongodb_and_python_agree(
    population: tuple[Collection[dict[str, Any]], list[dict[str, Any]], datetime], raw: dict[str, Any]
) -> None:
    collection, documents, at = population
    rule = parse(raw, ALL)
    expected = sorted(one["_id"] for one in documents if evaluate(rule, one, at))
    assert sorted(row["_id"] for row in collection.find(compile_rule(rule, at), {"_id": 1})) == expected
    parts = [row["_id"] for part in disjoint_filters(rule, at) for row in collection.find(part, {"_id": 1})]
    assert sorted(parts) == expected, "the disjoint filters must select each customer once"
    assert parse(to_stored(rule), ALL) == rule
    assert describe_rule(rule, currency="EUR")
    for one in documents[:3]:
        assert explain_rule(rule, one, at, currency="EUR").matches is evaluate(rule, one, at)
