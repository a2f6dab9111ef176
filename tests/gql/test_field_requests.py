"""Requests in the forms that people really send."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from crm_graphql.accounts.tokens import mint_token
from crm_graphql.app import create_app
from crm_graphql.core.actor import Role
from crm_graphql.resources import Resources
from tests.gql.conftest import Api
from tests.ingestion.doors import CUSTOMERS, BodyFormat, apply_pending, stream

FIELD = Path(__file__).parents[1] / "data" / "field"
INGEST = "mutation($i: CustomersIngestInput!) { customersIngest(input: $i) { ingestion { %s } } }"
ROW_ERRORS = "accepted rejected rowErrors { nodes { row externalId field value code message } }"


async def send_body(api: Api, content: bytes) -> dict[str, Any]:
    """The answer to a body as it is, its numbers untouched."""
    token = mint_token(api.resources.settings, Role.ADMIN, timedelta(minutes=5), "tester")
    headers = {"content-type": "application/json", "authorization": f"Bearer {token}"}
    found: dict[str, Any] = (await api.http.post("/graphql", content=content, headers=headers)).json()
    return found


@pytest.fixture
async def german(resources: Resources) -> AsyncIterator[Api]:
    """The API of a deployment in Germany."""
    settings = resources.settings.model_copy(update={"country": "DE"})
    there = dataclasses.replace(resources, settings=settings)
    app = create_app(settings, resources=there)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://crm.test") as http:
            yield Api(http, there)


async def test_a_whole_number_with_a_point_is_a_whole_number(api: Api) -> None:
    body = await send_body(api, (FIELD / "20-int-as-3.0.json").read_bytes())
    assert body["data"] == {"customersIngest": {"errors": [], "ingestion": {"accepted": 1}}}
    await apply_pending(api.resources)
    row = await api.resources.database.customers.find_one()
    assert row is not None
    assert row["visit_count"] == 3


@pytest.mark.parametrize(
    ("number", "is_taken"), [("3.0", True), ("3e0", True), ("-0.0", True), ("3.5", False)]
)
async def test_only_whole_numbers_are_whole(api: Api, number: str, is_taken: bool) -> None:
    document = "query($n: Int) { customers(first: $n) { nodes { id } } }"
    content = f'{{"query": {json.dumps(document)}, "variables": {{"n": {number}}}}}'
    body = await send_body(api, content.encode())
    assert ("Int cannot represent" not in json.dumps(body)) is is_taken


async def test_one_bad_date_costs_one_record(api: Api) -> None:
    body = await send_body(api, (FIELD / "25-bad-date-in-mutation.json").read_bytes())
    assert body["data"]["customersIngest"] == {"errors": [], "ingestion": {"accepted": 1, "rejected": 1}}
    await apply_pending(api.resources)
    assert [row["external_id"] async for row in api.resources.database.customers.find()] == ["m2"]


async def test_a_rule_on_an_id_finds_that_customer_alone(api: Api) -> None:
    body = (FIELD / "05a-ids-that-differ-in-case.ndjson").read_bytes()
    await stream(api.resources, CUSTOMERS, body, format=BodyFormat.NDJSON)
    await apply_pending(api.resources)
    preview = (await api.data((FIELD / "05b-rule-on-one-of-them.graphql").read_text()))["audiencePreview"]
    assert (preview["size"], preview["sample"]) == (1, [{"externalId": "cus_Ab1"}])


async def test_the_last_day_of_a_range_counts_to_its_end(api: Api) -> None:
    body = (FIELD / "21a-visit-on-the-last-day.ndjson").read_bytes()
    await stream(api.resources, CUSTOMERS, body, format=BodyFormat.NDJSON)
    await apply_pending(api.resources)
    preview = (await api.data((FIELD / "21b-rule-between-dates.graphql").read_text()))["audiencePreview"]
    assert preview["size"] == 1
    assert "between 1 January 2024 (UTC) and 31 December 2024 (UTC)" in preview["ruleText"]


async def test_rules_and_search_read_a_number_as_the_import_does(german: Api) -> None:
    await stream(german.resources, CUSTOMERS, "customer_id,phone\n1,0170 1234567\n2,0170 7654321\n")
    await apply_pending(german.resources)
    rule = {"where": {"field": "phone", "operator": "EQ", "value": "0170 1234567"}}
    asked = "query($r: RuleInput!) { audiencePreview(rule: $r) { size ruleText } }"
    preview = (await german.data(asked, {"r": rule}))["audiencePreview"]
    assert preview == {"size": 1, "ruleText": 'phone is "+491701234567"'}
    listed = "query($f: CustomerFilter) { customers(filter: $f) { nodes { externalId } } }"
    for filter_ in (
        {"rule": rule},
        *({"search": text} for text in ("0170 123", "+49 (0) 170 123", "0049170123")),
    ):
        found = (await german.data(listed, {"f": filter_}))["customers"]["nodes"]
        assert found == [{"externalId": "1"}], filter_
