"""The real orders: what is true of them, and how the product's figures are held against it."""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from crm_graphql.audiences.compile import select_customers
from crm_graphql.core.times import format_moment, parse_moment
from tests.audiences.neutral import to_rule_input
from tests.audiences.real_orders import Row, customers_of, digest_of, read_file, selected_of
from tests.data import CDNOW
from tests.servers.deployment import Deployment

TRUTH: dict[str, Any] = json.loads((CDNOW / "TRUTH.json").read_text())
ONE_IN = 8
"""A part has the customers whose number this divides, and all their orders."""


@dataclass(frozen=True, slots=True)
class Files:
    """Customers and orders by these names, and what is true of them, as TRUTH.json says it."""

    paths: Mapping[str, Path]
    truth: Mapping[str, Any]


WHOLE = Files({kind: CDNOW / f"{kind}.csv.gz" for kind in ("customers", "orders")}, TRUTH)

CUSTOMER = """query ($id: String!) { customer(by: {externalId: $id}) {
  totalSpend visitCount firstVisitAt lastVisitAt orders(first: 1) { totalCount } } }"""
COUNTS = "{ customers(first: 1) { totalCount } orders(first: 1) { totalCount } }"
PREVIEW = "query ($rule: RuleInput!) { audiencePreview(rule: $rule) { size errors { message } } }"


async def hold_against_truth(deployment: Deployment, database: Any, truth: Mapping[str, Any]) -> None:
    """Counts, the total to the cent, the customers it names and the 22 audiences."""
    counts = await deployment.graphql(COUNTS)
    assert counts["customers"]["totalCount"] == truth["customers"]
    assert counts["orders"]["totalCount"] == truth["orders"]
    (sums,) = await (
        await database.customers.aggregate(
            [{"$group": {"_id": None, "spend": {"$sum": "$total_spend"}, "visits": {"$sum": "$visit_count"}}}]
        )
    ).to_list()
    assert Decimal(sums["spend"]) / 10_000 == Decimal(truth["total_amount"])
    assert sums["visits"] == truth["orders"]
    for external_id, expected in truth["customer_checks"].items():
        await _hold_customer(deployment, external_id, expected)
    for audience in truth["audiences"]:
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
    assert digest_of(ids) == audience["ids_sha256"], audience["name"]


def cut_out(folder: Path) -> Files:
    """A part of the files; its truth is by the arithmetic that test_neutral holds against TRUTH.json."""
    customers = [row for row in read_file("customers") if int(row["customer_id"]) % ONE_IN == 0]
    orders = [row for row in read_file("orders") if int(row["customer_id"]) % ONE_IN == 0]
    paths = {"customers": folder / "customers.csv", "orders": folder / "orders.csv"}
    _write(paths["customers"], customers)
    _write(paths["orders"], orders)
    found = customers_of(orders)
    audiences = [{**one, "ids": selected_of(found, one["rule"])} for one in TRUTH["audiences"]]
    truth = {
        "customers": len(customers),
        "orders": len(orders),
        "total_amount": str(Decimal(sum(one["total_spend"] for one in found.values())) / 10_000),
        "customer_checks": {key: _expected(one) for key, one in list(found.items())[:20]},
        "audiences": [
            {**one, "size": len(one["ids"]), "ids_sha256": digest_of(one["ids"])} for one in audiences
        ],
    }
    return Files(paths, truth)


def _expected(customer: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "total_spend": str(Decimal(customer["total_spend"]) / 10_000),
        "visit_count": customer["visit_count"],
        "first_seen_at": format_moment(customer["first_visit_at"]),
        "last_visit_at": format_moment(customer["last_visit_at"]),
    }


def cut_in_parts(folder: Path, orders: Path, parts: int, *, seed: int = 1) -> list[Path]:
    """The orders, shuffled, in so many CSV files."""
    with orders.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    random.Random(seed).shuffle(rows)
    files = [folder / f"orders-{number}.csv" for number in range(parts)]
    for number, path in enumerate(files):
        _write(path, rows[number::parts])
    return files


def _write(path: Path, rows: Sequence[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
