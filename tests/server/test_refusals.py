"""Wrong requests get an error that names the place, the reason and what to do; never a 500, never a trace."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import httpx
import pytest

from crm_graphql.accounts.tokens import mint_token
from crm_graphql.app import create_app
from crm_graphql.core.actor import Role
from tests.gql.conftest import Api

HEADERS = {"content-type": "application/json"}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[]",
        b'"text"',
        b"{}",
        b'{"query": 7}',
        b'{"query": ""}',
        b'{"query": "{"}',
        b'{"query": "{ customers { nope } }"}',
        b'{"query": "{ customers(first: 1.5) { totalCount } }"}',
        b'{"query": "{ __typename }", "variables": 7}',
        b'{"query": "{ __typename }", "operationName": "Other"}',
        b'{"query": "{ __typename }", "variables": {"x": NaN}}',
    ],
)
async def test_a_malformed_request_is_the_callers_mistake(api: Api, body: bytes) -> None:
    answer = await api.http.post("/graphql", content=body, headers=HEADERS)
    assert answer.status_code in (200, 400), answer.text
    assert "Traceback" not in answer.text
    if answer.status_code == 200:
        assert answer.json()["errors"]


async def test_a_mutation_with_1001_records_is_over_the_limit(api: Api) -> None:
    records = [{"externalId": f"c{number}"} for number in range(1_001)]
    document = """mutation ($records: [CustomerRecordInput!]!) { customersIngest(input: {records: $records}) {
      ingestion { id } errors { code path message } } }"""
    payload = (await api.data(document, {"records": records}))["customersIngest"]
    (error,) = payload["errors"]
    assert (error["code"], error["path"]) == ("LIMIT_EXCEEDED", ["records"])
    assert "1000" in error["message"].replace(",", "")
    assert (await api.data("{ ingestions { totalCount } }"))["ingestions"]["totalCount"] == 0


RULES: list[tuple[dict[str, Any], list[str]]] = [
    ({"where": {"field": "shoeSize", "operator": "EQ", "value": 1}}, ["where", "field"]),
    ({"where": {"field": "totalSpend", "operator": "CONTAINS", "value": "1"}}, ["where", "operator"]),
    ({"where": {"field": "totalSpend", "operator": "GT", "value": "much"}}, ["where", "value"]),
    ({"where": {"field": "totalSpend", "operator": "GT"}}, ["where", "value"]),
    ({"all": [{"any": [{"where": {"field": "city", "operator": "EQ", "value": 5}}]}]},
     ["all", "0", "any", "0", "where", "value"]),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "path"), RULES)
async def test_a_wrong_rule_is_refused_with_its_place(
    api: Api, rule: dict[str, Any], path: list[str]
) -> None:
    document = "query ($r: RuleInput!) { audiencePreview(rule: $r) { size errors { path code message } } }"
    preview = (await api.data(document, {"r": rule}))["audiencePreview"]
    assert preview["size"] is None
    (error,) = preview["errors"]
    assert error["path"] == ["rule", *path]
    assert len(error["message"]) > 10

    document = """mutation ($r: RuleInput!) { audienceCreate(input: {name: "x", rule: $r}) {
      audience { id } errors { path } } }"""
    payload = (await api.data(document, {"r": rule}))["audienceCreate"]
    assert payload == {"audience": None, "errors": [{"path": ["rule", *path]}]}


@pytest.mark.parametrize("rule", [{"all": [], "any": []}, {"all": None}, {"where": None}, {"nope": []}])
async def test_a_rule_without_exactly_one_key_is_bad_input(api: Api, rule: dict[str, Any]) -> None:
    body = await api.ask("query ($r: RuleInput!) { audiencePreview(rule: $r) { size } }", {"r": rule})
    assert body["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


async def test_an_unknown_operator_is_bad_input(api: Api) -> None:
    rule = {"where": {"field": "name", "operator": "LIKE", "value": "x"}}
    body = await api.ask("query ($r: RuleInput!) { audiencePreview(rule: $r) { size } }", {"r": rule})
    assert body["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


async def test_a_template_that_does_not_parse_says_where(api: Api) -> None:
    document = """query ($m: MessageInput!) { messagePreview(message: $m, channel: SMS) {
      body errors { path line column message } } }"""
    preview = (await api.data(document, {"m": {"body": "Hello\n {{ customer.name | "}}))["messagePreview"]
    assert preview["body"] is None
    assert preview["errors"][0]["path"] == ["message", "body"]
    assert preview["errors"][0]["line"] == 2


async def test_a_failing_mutation_leaves_the_results_of_the_others(api: Api) -> None:
    body = await api.ask("""mutation {
      bad: campaignLaunch(input: {id: "nonsense"}) { errors { code path } }
      good: customersIngest(input: {records: [{externalId: "c1"}]}) { ingestion { accepted } errors { code } }
    }""")
    assert "errors" not in body
    assert body["data"]["bad"]["errors"] == [{"code": "INVALID", "path": ["id"]}]
    assert body["data"]["good"] == {"ingestion": {"accepted": 1}, "errors": []}


async def test_money_stays_exact_as_text_as_number_and_in_a_literal(api: Api) -> None:
    document = """mutation ($a: Decimal!, $b: Decimal!) { ordersIngest(input: {records: [
      {externalId: "1", customerExternalId: "c", amount: $a, orderedAt: "2024-01-01"}
      {externalId: "2", customerExternalId: "c", amount: $b, orderedAt: "2024-01-01"}
      {externalId: "3", customerExternalId: "c", amount: 0.0001, orderedAt: "2024-01-01"}
    ]}) { ingestion { accepted rejected } errors { message } } }"""
    token = mint_token(api.resources.settings, Role.ADMIN, timedelta(minutes=1))
    answer = await api.http.post(
        "/graphql",
        content=f'{{"query": {json.dumps(document)}, "variables": {{"a": 99999999999.9999, "b": "-0.10"}}}}',
        headers={**HEADERS, "authorization": f"Bearer {token}"},
    )
    assert answer.json()["data"]["ordersIngest"]["ingestion"] == {"accepted": 3, "rejected": 0}, answer.text


async def test_health_and_metrics_need_no_token(api: Api) -> None:
    assert (await api.http.get("/health/live")).json() == {"status": "ok"}
    ready = await api.http.get("/health/ready")
    assert (ready.status_code, ready.json()) == (200, {"status": "ok", "mongodb": "ok", "bus": "ok"})
    metrics = await api.http.get("/metrics")
    assert "crm_http_requests_total" in metrics.text


async def test_each_answer_carries_the_request_id_that_the_caller_gave(api: Api) -> None:
    answer = await api.http.get("/health/live", headers={"x-request-id": "abc-1"})
    assert answer.headers["x-request-id"] == "abc-1"
    answer = await api.http.get("/health/live", headers={"x-request-id": "no spaces"})
    assert answer.headers["x-request-id"] != "no spaces"


async def test_what_nobody_foresaw_is_masked_and_found_in_the_log_by_its_request_id(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_arguments: object, **_options: object) -> None:
        raise RuntimeError("a secret of the house")

    monkeypatch.setattr("crm_graphql.ingestion.routes.ingest_stream", fail)
    app = create_app(api.resources.settings, resources=api.resources)
    token = mint_token(api.resources.settings, Role.ADMIN, timedelta(minutes=1))
    headers = {"authorization": f"Bearer {token}", "content-type": "text/csv", "x-request-id": "trace-me"}
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app, raise_app_exceptions=False), base_url="http://crm.test"
        ) as http,
    ):
        answer = await http.post("/ingest/orders", content=b"x", headers=headers)
        figures = (await http.get("/metrics")).text
    assert (answer.status_code, answer.headers["x-request-id"]) == (500, "trace-me")
    assert "secret" not in answer.text
    assert "trace-me" in answer.json()["errors"][0]["message"]
    assert 'crm_http_requests_total{route="/ingest/orders",status="500"} 1.0' in figures
