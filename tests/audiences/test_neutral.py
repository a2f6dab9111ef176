"""The rules of plain-words requests and of the real orders' audiences mean here what their truth says."""

from __future__ import annotations

import csv
import gzip
import hashlib
import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from crm_graphql.audiences.evaluate import evaluate
from crm_graphql.audiences.rules import parse
from crm_graphql.core.times import parse_moment
from tests.audiences.neutral import to_customer, to_rule_input
from tests.data import CDNOW, REQUESTS


def _any_limit(rule: Any) -> bool:
    return "any_number" in json.dumps(rule) or "any_time" in json.dumps(rule)


def test_the_rules_of_the_requests_pick_the_same_probes() -> None:
    data = json.loads(REQUESTS.read_text())
    now = parse_moment(data["now"])
    probes = {key: to_customer(probe) for key, probe in data["probes"].items()}
    checked = 0
    for prompt in data["prompts"]:
        if prompt.get("matches") is None or prompt.get("rule") is None or _any_limit(prompt["rule"]):
            continue
        rule = parse(to_rule_input(prompt["rule"], now))
        assert sorted(key for key, probe in probes.items() if evaluate(rule, probe, now)) == sorted(
            prompt["matches"]
        ), prompt["id"]
        checked += 1
    assert checked >= 43


def test_the_audiences_of_the_real_orders_are_exact() -> None:
    customers = _cdnow_customers()
    now = datetime(2024, 1, 1, tzinfo=UTC)
    for audience in json.loads((CDNOW / "TRUTH.json").read_text())["audiences"]:
        rule = parse(to_rule_input(audience["rule"]))
        ids = sorted(key for key, one in customers.items() if evaluate(rule, one, now))
        digest = hashlib.sha256("".join(f"{key}\n" for key in ids).encode()).hexdigest()
        assert (len(ids), digest) == (audience["size"], audience["ids_sha256"]), audience["name"]


def _cdnow_customers() -> dict[str, dict[str, Any]]:
    totals: dict[str, dict[str, Any]] = {}
    with gzip.open(CDNOW / "orders.csv.gz", "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
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
