"""Makes rules and customers for tests."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

from bson import ObjectId

from crm_graphql.audiences.rules import Rule, parse
from crm_graphql.core.texts import indexed_words
from crm_graphql.customers.derived import reach_of

AT = datetime(2024, 6, 15, 12, 0, tzinfo=UTC)
"""The moment of evaluation in these tests."""

TEXT_NAMES = ("external_id", "name", "email", "phone", "city", "country")

TEXTS = (
    *(
        "Mumbai",
        "mumbai",
        "MUMBAI",
        "Mum",
        "India",
        "IN",
        "UK",
        "gb",
        "+491701234567",
        "0170 1234567",
        "a",
        "A",
        "ab",
        "b",
    ),
    *("İstanbul", "istanbul", "i̇stanbul", "ı", "straße", "STRASSE", "ẞ", "ss", "Σίσυφος", "σίσυφοσ", "ſ"),
    *(
        ".*",
        "^a$",
        "a.b",
        "a+b",
        "[ab]",
        "(a|b)",
        "a{2}",
        "\\",
        "\\d+",
        "\\Q",
        "\\E",
        "$",
        "/a/i",
        "#",
        "(?i)",
    ),
    *("$where", "$gt", "{$ne: null}", "folded.name", "a b", " a", "tab\tend", "line\nbreak", "%", "'", '"'),
    *("😀", "a😀b", "👩‍👩‍👧", "\ud7ff", "\ue000", "\U0010ffff", "a\U0010ffff", "\x7f", "é", "e\u0301"),
)
"""Texts that meet each other in some case, and texts that mean something to MongoDB or to PCRE."""

UNITS = (0, 1, -1, 50_000, 50_001, 49_999, 1_000_000, 117_700, -25_000, 10**16 - 1)
COUNTS = (0, 1, 2, 3, 10, 2**31, 2**53 + 1, 2**63 - 1)
OFFSETS = (
    *(timedelta(), timedelta(milliseconds=1), -timedelta(milliseconds=1), timedelta(days=1)),
    *(timedelta(days=30), timedelta(days=90), timedelta(days=90, milliseconds=1), timedelta(days=183)),
    *(timedelta(days=90, milliseconds=-1), timedelta(days=400), timedelta(hours=-3), timedelta(days=20_000)),
)
"""How long before the moment of evaluation something happened."""

DURATIONS = ("P90D", "P1D", "P3M", "P6M", "P1Y", "PT1S", "P30D", "P9999Y", "P1M1DT1H")


def where(field: str, operator: str, value: Any = None) -> dict[str, Any]:
    """One condition in the shape of RuleInput."""
    condition = {"field": field, "operator": operator}
    return {"where": condition if value is None else {**condition, "value": value}}


def rule_of(field: str, operator: str, value: Any = None) -> Rule:
    """One condition, read."""
    return parse(where(field, operator, value))


def customer(**fields: Any) -> dict[str, Any]:
    """A customer's document with its folded copies; fields that are not given are not set."""
    document: dict[str, Any] = {
        "_id": ObjectId(),
        "external_id": "C1",
        "tags": [],
        "total_spend": 0,
        "visit_count": 0,
        "created_at": AT - timedelta(days=100),
        **fields,
    }
    texts: dict[str, Any] = {name: document.get(name) for name in TEXT_NAMES}
    folded: dict[str, Any] = {name: text and text.casefold() for name, text in texts.items()}
    folded["name_words"] = indexed_words(texts["name"] or "")
    folded["tags"] = [tag.casefold() for tag in document["tags"]]
    return {**document, "folded": folded, "reach": reach_of(texts)}


def random_customers(count: int, seed: int) -> list[dict[str, Any]]:
    """Customers of all sorts: values at the limits, values not set, null or absent from the document."""
    source = random.Random(seed)
    return [_random_customer(source, number) for number in range(count)]


def _random_customer(source: random.Random, number: int) -> dict[str, Any]:
    document = customer(
        external_id=f"{source.choice(TEXTS)}{number}",
        tags=source.sample(TEXTS, source.choice((0, 0, 1, 2, 4))),
        total_spend=source.choice(UNITS),
        visit_count=source.choice(COUNTS),
        created_at=AT - source.choice(OFFSETS),
        **{name: source.choice((None, *TEXTS)) for name in TEXT_NAMES if name != "external_id"},
    )
    for name in ("first_visit_at", "last_visit_at"):
        kind = source.random()
        if kind > 0.4:
            document[name] = AT - source.choice(OFFSETS)
        elif kind > 0.2:
            document[name] = None
    for name in ("city", "name"):
        if document[name] is None and source.random() < 0.5:
            del document[name], document["folded"][name]
    return document
