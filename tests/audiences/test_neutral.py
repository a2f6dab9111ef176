"""The rules of plain-words requests and of the real orders' audiences mean here what their truth says."""

from __future__ import annotations

import json
from typing import Any

from crm_graphql.audiences.evaluate import evaluate
from crm_graphql.audiences.rules import parse
from crm_graphql.core.times import parse_moment
from tests.audiences.neutral import to_customer, to_rule_input
from tests.audiences.real_orders import customers_of, digest_of, read_file, selected_of
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
    customers = customers_of(read_file("orders"))
    for audience in json.loads((CDNOW / "TRUTH.json").read_text())["audiences"]:
        ids = selected_of(customers, audience["rule"])
        assert (len(ids), digest_of(ids)) == (audience["size"], audience["ids_sha256"]), audience["name"]
