"""The vocabulary of the requests in tests/data: the fields of every deployment, and the probes' values."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from typing import Any

from crm_graphql.assistant.vocabulary import BOTTOM_PERCENT, TOP_PERCENTS, Vocabulary
from crm_graphql.audiences.catalogue import catalogue
from crm_graphql.audiences.fields import CUSTOMER_FIELDS, RuleField
from crm_graphql.core.times import parse_moment
from tests.audiences.neutral import to_customer
from tests.data import REQUESTS

DATA: dict[str, Any] = json.loads(REQUESTS.read_text())
NOW = parse_moment(DATA["now"])
PROBES = {key: to_customer(probe) for key, probe in DATA["probes"].items()}
RANKED = {"totalSpend": "total_spend", "visitCount": "visit_count"}


@cache
def vocabulary() -> Vocabulary:
    """The vocabulary of a deployment whose customers are the probes."""
    neutral = list(DATA["probes"].values())
    values = {
        name: tuple(sorted({one[name] for one in neutral if one[name]})) for name in ("city", "country")
    }
    values["tags"] = tuple(sorted({tag for one in neutral for tag in one["tags"]}))
    ranked = {name: sorted(one[path] for one in PROBES.values()) for name, path in RANKED.items()}
    count = len(PROBES)
    return Vocabulary(
        tuple(catalogue(options=values)),
        DATA["currency"],
        values=values,
        top={
            (name, percent): ranked[name][-max(count * percent // 100, 1)]
            for name in RANKED
            for percent in TOP_PERCENTS
        },
        bottom={(name, BOTTOM_PERCENT): ranked[name][count * BOTTOM_PERCENT // 100] for name in RANKED},
    )


def vocabulary_with(*fields: RuleField, **values: tuple[str, ...]) -> Vocabulary:
    """The same with fields of the deployment's own, and their values."""
    all_fields = {**CUSTOMER_FIELDS, **{field.name: field for field in fields}}
    known = {**vocabulary().values, **values}
    return replace(
        vocabulary(),
        fields=tuple(catalogue(all_fields, options=known)),
        values=known,
        rule_fields=all_fields,
    )
