"""Hostile requests through the HTTP door: a clear refusal, never a fault of the server."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from crm_graphql.accounts.tokens import mint_token
from crm_graphql.core.actor import Role
from tests.gql.conftest import Api

PREVIEW = "query ($r: RuleInput!) { audiencePreview(rule: $r) { size errors { code message } } }"


def nested(levels: int) -> str:
    """A rule of so many levels, as JSON; also as a literal."""
    return '{"all": [' * levels + "]}" * levels


async def post(api: Api, body: str | bytes) -> tuple[int, dict[str, Any]]:
    """The status and the answer to a body of an administrator."""
    token = mint_token(api.resources.settings, Role.ADMIN, timedelta(minutes=5))
    answer = await api.http.post(
        "/graphql",
        content=body,
        headers={"content-type": "application/json", "authorization": f"Bearer {token}"},
    )
    found: dict[str, Any] = answer.json()
    assert "INTERNAL" not in answer.text
    return answer.status_code, found


@pytest.mark.parametrize("levels", [11, 30, 47, 60, 5_000])
async def test_a_deep_rule_in_a_variable_is_refused(api: Api, levels: int) -> None:
    body = json.dumps({"query": PREVIEW, "variables": {"r": "RULE"}}).replace('"RULE"', nested(levels))
    status, answer = await post(api, body)
    assert status in (200, 400)
    assert answer.get("errors") or answer["data"]["audiencePreview"]["errors"]


@pytest.mark.parametrize("levels", [11, 60, 90, 5_000])
async def test_a_deep_rule_in_the_document_is_refused(api: Api, levels: int) -> None:
    rule = nested(levels).replace('"', "")
    query = PREVIEW.replace("query ($r: RuleInput!) ", "").replace("$r", rule)
    _, answer = await post(api, json.dumps({"query": query}))
    assert answer.get("errors") or answer["data"]["audiencePreview"]["errors"]


NUMBERS = ["1e400", "1e-400", "-1E+399", "1" * 4_000, "0." + "1" * 390, "12345678901234567890123", "1.0"]
PLACES = {
    "a page size": ("query ($v: Int) { customers(first: $v) { nodes { id } } }", "V"),
    "a rule": (
        PREVIEW.replace("$r", "$v"),
        '{"where": {"field": "totalSpend", "operator": "GT", "value": V}}',
    ),
    "an amount": (
        """mutation ($v: Decimal!) { ordersIngest(input: {records: [{externalId: "1", customerExternalId: "c",
        amount: $v, orderedAt: "2024-01-01"}]}) { ingestion { id } errors { code } } }""",
        "V",
    ),
    "an id": ("query ($v: ID!) { node(id: $v) { id } }", "V"),
    "a text": ("query ($v: String) { audiences(search: $v) { nodes { id } } }", "V"),
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("number", NUMBERS, ids=[number[:12] for number in NUMBERS])
async def test_odd_numbers_are_taken_or_refused(api: Api, place: str, number: str) -> None:
    query, value = PLACES[place]
    body = json.dumps({"query": query, "variables": {"v": "VALUE"}})
    status, answer = await post(api, body.replace('"VALUE"', value.replace("V", number, 1)))
    assert status in (200, 400)
    assert "data" in answer or answer["errors"]


TEXTS = ["\x00", "😀", "\ufffe", "x" * 100_000, "\u202e", "$where", "{{"]
READ = """query ($v: String) {
  audiences(search: $v) { nodes { id } }
  customers(filter: {search: $v}) { nodes { id } }
}"""
WRITE = "mutation ($v: String!) { customersIngest(input: {records: [{externalId: $v}]}) { errors { code } } }"
ONE = "query ($v: ID!) { campaign(id: $v) { id } }"


@pytest.mark.parametrize("text", TEXTS, ids=[repr(text[:3]) for text in TEXTS])
@pytest.mark.parametrize("query", [READ, WRITE, ONE], ids=["read", "write", "one"])
async def test_odd_texts_are_taken_or_refused(api: Api, query: str, text: str) -> None:
    status, _ = await post(api, json.dumps({"query": query, "variables": {"v": text}}))
    assert status in (200, 400)
