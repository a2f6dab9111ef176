"""The real orders: what is true of them, and how the product's figures are held against it."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import random
from decimal import Decimal
from pathlib import Path
from typing import Any

from crm_graphql.audiences.compile import select_customers
from crm_graphql.core.times import parse_moment
from tests.audiences.neutral import to_rule_input
from tests.data import CDNOW
from tests.servers.deployment import Deployment

TRUTH: dict[str, Any] = json.loads((CDNOW / "TRUTH.json").read_text())

CUSTOMER = """query ($id: String!) { customer(by: {externalId: $id}) {
  totalSpend visitCount firstVisitAt lastVisitAt orders(first: 1) { totalCount } } }"""
COUNTS = "{ customers(first: 1) { totalCount } orders(first: 1) { totalCount } }"
PREVIEW = "query ($rule: RuleInput!) { audiencePreview(rule: $rule) { size errors { message } } }"


async def hold_against_truth(deployment: Deployment, database: Any) -> None:
    """Counts, the total to the cent, the 20 customers and the 22 audiences."""
    counts = await deployment.graphql(COUNTS)
    assert counts["customers"]["totalCount"] == TRUTH["customers"]
    assert counts["orders"]["totalCount"] == TRUTH["orders"]
    (sums,) = await (
        await database.customers.aggregate(
            [{"$group": {"_id": None, "spend": {"$sum": "$total_spend"}, "visits": {"$sum": "$visit_count"}}}]
        )
    ).to_list()
    assert Decimal(sums["spend"]) / 10_000 == Decimal(TRUTH["total_amount"])
    assert sums["visits"] == TRUTH["orders"]
    for external_id, expected in TRUTH["customer_checks"].items():
        await _hold_customer(deployment, external_id, expected)
    for audience in TRUTH["audiences"]:
        await _hold_audience(deployment, database, audience)


async def _hold_customer(deployment: Deployment, external_id: str, expected: dict[str, Any]) -> None:
    found = (await deployment.graphql(CUSTOMER, {"id": external_id}))["customer"]
    assert Decimal(found["totalSpend"]) == Decimal(expected["total_spend"]), external_id
    assert found["visitCount"] == found["orders"]["totalCount"] == expected["visit_count"]
    assert parse_moment(found["firstVisitAt"]) == parse_moment(expected["first_seen_at"])
    assert parse_moment(found["lastVisitAt"]) == parse_moment(expected["last_visit_at"])


async def _hold_audience(deployment: Deployment, database: Any, audience: dict[str, Any]) -> None:
    rule = to_rule_input(audience["rule"])
    preview = (await deployment.graphql(PREVIEW, {"rule": rule}))["audiencePreview"]
    assert preview["errors"] == []
    assert preview["size"] == audience["size"], audience["name"]
    rows = database.customers.find(select_customers(rule, parse_moment("2024-01-01")), {"external_id": 1})
    ids = sorted([row["external_id"] async for row in rows])
    digest = hashlib.sha256("".join(f"{one}\n" for one in ids).encode()).hexdigest()
    assert digest == audience["ids_sha256"], audience["name"]


def cut_in_parts(folder: Path, parts: int, *, seed: int = 1) -> list[Path]:
    """The orders, shuffled, in so many CSV files."""
    with gzip.open(CDNOW / "orders.csv.gz", "rt", encoding="utf-8", newline="") as file:
        header, *rows = list(csv.reader(file))
    random.Random(seed).shuffle(rows)
    files = []
    for number in range(parts):
        text = io.StringIO()
        csv.writer(text).writerows([header, *rows[number::parts]])
        path = folder / f"orders-{number}.csv"
        path.write_text(text.getvalue(), encoding="utf-8")
        files.append(path)
    return files
