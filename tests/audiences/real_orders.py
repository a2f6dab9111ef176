"""The real orders of tests/data/cdnow by plain arithmetic: their customers, and whom rules select."""

from __future__ import annotations

import csv
import gzip
import hashlib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from crm_graphql.audiences.evaluate import evaluate
from crm_graphql.audiences.rules import parse
from crm_graphql.core.times import parse_moment
from tests.audiences.neutral import to_rule_input
from tests.data import CDNOW

Row = dict[str, str]
Customers = dict[str, dict[str, Any]]


def read_file(kind: str) -> list[Row]:
    """The rows of `customers` or `orders`."""
    with gzip.open(CDNOW / f"{kind}.csv.gz", "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def customers_of(orders: Iterable[Row]) -> Customers:
    """What each customer of these orders spent, and when they came."""
    totals: Customers = {}
    for row in orders:
        moment = parse_moment(row["ordered_at"])
        one = totals.setdefault(
            row["customer_id"],
            {"total_spend": 0, "visit_count": 0, "first_visit_at": moment, "last_visit_at": moment},
        )
        one["total_spend"] += int(Decimal(row["amount"]) * 10_000)
        one["visit_count"] += 1
        one["first_visit_at"] = min(one["first_visit_at"], moment)
        one["last_visit_at"] = max(one["last_visit_at"], moment)
    return totals


def selected_of(customers: Customers, rule: Mapping[str, Any]) -> list[str]:
    """Whom a neutral rule selects of them, sorted."""
    parsed, now = parse(to_rule_input(rule)), datetime(2024, 1, 1, tzinfo=UTC)
    return sorted(key for key, one in customers.items() if evaluate(parsed, one, now))


def digest_of(ids: Iterable[str]) -> str:
    """What TRUTH.json says of sorted ids."""
    return hashlib.sha256("".join(f"{key}\n" for key in ids).encode()).hexdigest()
