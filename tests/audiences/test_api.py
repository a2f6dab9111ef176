"""Audiences as a client of the API meets them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from crm_graphql.core.actor import Role
from crm_graphql.customers.documents import Customer
from tests.audiences.factories import customer, where
from tests.gql.conftest import Api
from tests.gql.conftest import api as api

CREATE = """mutation ($input: AudienceCreateInput!) { audienceCreate(input: $input) {
  audience { id name description rule ruleText size sizeAt
    customers(first: 5) { totalCount nodes { externalId } } }
  errors { path code message } } }"""
UPDATE = """mutation ($input: AudienceUpdateInput!) { audienceUpdate(input: $input) {
  audience { name description rule size } errors { path code } } }"""
DELETE = """mutation ($id: ID!) { audienceDelete(input: {id: $id}) { deletedId errors { path code } } }"""
PREVIEW = """query ($rule: RuleInput!, $sampleSize: Int) {
  audiencePreview(rule: $rule, sampleSize: $sampleSize) {
    size ruleText reachable { channel size } sample { externalId totalSpend }
    errors { path code message } } }"""


@pytest.fixture(autouse=True)
async def _people(api: Api) -> None:
    await Customer.get_pymongo_collection().insert_many(
        [
            customer(external_id="a", total_spend=117_700, email="a@x.org", country="India"),
            customer(external_id="b", total_spend=117_701, phone="+491"),
            customer(external_id="c", total_spend=-10_000),
        ]
    )


async def create(api: Api, rule: Any, name: str = "Payers") -> dict[str, Any]:
    """The payload of audienceCreate."""
    payload: dict[str, Any] = (await api.data(CREATE, {"input": {"name": name, "rule": rule}}))[
        "audienceCreate"
    ]
    return payload


async def test_an_audience_is_made_found_changed_and_deleted(api: Api) -> None:
    payload = await create(api, {"all": [where("totalSpend", "GTE", 11.77)]})
    made = payload["audience"]
    assert payload["errors"] == []
    assert made["rule"] == {"all": [where("totalSpend", "GTE", 11.77)]}
    assert made["ruleText"] == "total spend is at least 11.77 USD"
    assert made["size"] == made["customers"]["totalCount"] == 2
    assert made["sizeAt"].endswith("Z")
    assert {node["externalId"] for node in made["customers"]["nodes"]} == {"a", "b"}

    listed = await api.data('{ audiences(search: "pay") { totalCount nodes { id } } }')
    assert listed["audiences"] == {"totalCount": 1, "nodes": [{"id": made["id"]}]}
    one = "query ($id: ID!) { audience(id: $id) { name } node(id: $id) { ... on Audience { name } } }"
    assert await api.data(one, {"id": made["id"]}) == {
        "audience": {"name": "Payers"},
        "node": {"name": "Payers"},
    }

    change = {"id": made["id"], "description": "x", "rule": where("totalSpend", "GT", "11.77")}
    changed = (await api.data(UPDATE, {"input": change}))["audienceUpdate"]
    assert changed["audience"] == {
        "name": "Payers", "description": "x", "rule": where("totalSpend", "GT", "11.77"), "size": 1
    }  # fmt: skip
    cleared = await api.data(UPDATE, {"input": {"id": made["id"], "name": None, "rule": None}})
    assert cleared["audienceUpdate"]["errors"] == [
        {"path": ["name"], "code": "REQUIRED"}, {"path": ["rule"], "code": "REQUIRED"}
    ]  # fmt: skip

    assert (await api.data(DELETE, {"id": made["id"]}))["audienceDelete"] == {
        "deletedId": made["id"],
        "errors": [],
    }
    again = (await api.data(DELETE, {"id": made["id"]}))["audienceDelete"]
    assert again == {"deletedId": None, "errors": [{"path": ["id"], "code": "NOT_FOUND"}]}


async def test_a_bad_rule_is_refused_in_the_payload_with_its_paths(api: Api) -> None:
    payload = await create(api, {"all": [where("totalSpend", "GT", "x"), where("nothing", "EQ", 1)]})
    assert payload["audience"] is None
    assert [(error["path"], error["code"]) for error in payload["errors"]] == [
        (["rule", "all", "0", "where", "value"], "INVALID"),
        (["rule", "all", "1", "where", "field"], "INVALID"),
    ]


async def test_a_preview_answers_for_whole_and_for_unfinished_rules(api: Api) -> None:
    whole = {"not": where("totalSpend", "LT", 0)}
    preview = (await api.data(PREVIEW, {"rule": whole}))["audiencePreview"]
    assert (preview["size"], preview["errors"]) == (2, [])
    assert preview["reachable"] == [
        {"channel": "EMAIL", "size": 1}, {"channel": "SMS", "size": 1}, {"channel": "WHATSAPP", "size": 1}
    ]  # fmt: skip
    assert {(row["externalId"], row["totalSpend"]) for row in preview["sample"]} == {
        ("a", "11.77"),
        ("b", "11.7701"),
    }

    unfinished = {"all": [where("totalSpend", "GT"), {"any": []}]}
    preview = (await api.data(PREVIEW, {"rule": unfinished, "sampleSize": 3}))["audiencePreview"]
    assert (preview["size"], preview["ruleText"], preview["reachable"], preview["sample"]) == (
        None,
        None,
        [],
        [],
    )
    assert [(error["path"], error["code"]) for error in preview["errors"]] == [
        (["rule", "all", "0", "where", "value"], "REQUIRED"),
        (["rule", "all", "1", "any"], "REQUIRED"),
    ]


async def test_values_may_stand_in_the_document_itself(api: Api) -> None:
    asked = await api.data(
        """{ audiencePreview(rule: {any: [
          {where: {field: "totalSpend", operator: BETWEEN, value: [11.77, "11.77"]}},
          {not: {where: {field: "country", operator: NOT_IN, value: ["INDIA"]}}}
        ]}) { size errors { message } } }"""
    )
    assert asked["audiencePreview"] == {"size": 1, "errors": []}


async def test_a_rule_with_two_keys_or_a_null_key_is_refused_by_the_schema(api: Api) -> None:
    rules: tuple[dict[str, Any], ...] = ({"all": [], "any": []}, {"all": None})
    for rule in rules:
        body = await api.ask(PREVIEW, {"rule": rule})
        assert body["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT", body


async def test_the_rule_builder_gets_fields_operators_and_known_values(api: Api) -> None:
    document = "{ ruleFields { field label section type options operators { operator label valueShape } } }"
    fields = {one["field"]: one for one in (await api.data(document))["ruleFields"]}
    assert fields["country"]["options"] == ["India"]
    assert fields["totalSpend"]["type"] == "MONEY"
    assert {"operator": "BETWEEN", "label": "is between", "valueShape": "RANGE"} in fields["totalSpend"][
        "operators"
    ]
    assert {"operator": "WITHIN_LAST", "label": "is within the last", "valueShape": "DURATION"} in fields[
        "lastVisitAt"
    ]["operators"]


async def test_a_viewer_may_preview_but_not_save(api: Api) -> None:
    variables = {"input": {"name": "x", "rule": where("email", "IS_SET")}}
    refused = await api.ask(CREATE, variables, role=Role.VIEWER)
    assert refused["data"]["audienceCreate"]["errors"][0]["code"] == "FORBIDDEN"
    allowed = await api.ask(PREVIEW, {"rule": where("email", "IS_SET")}, role=Role.VIEWER)
    assert allowed["data"]["audiencePreview"]["size"] == 1


async def test_customers_can_be_listed_by_a_rule_and_by_an_audience(api: Api) -> None:
    audience = (await create(api, where("totalSpend", "GT", 0)))["audience"]
    document = (
        "query ($filter: CustomerFilter!) { customers(filter: $filter) { totalCount nodes { externalId } } }"
    )
    both = {"audienceId": audience["id"], "rule": where("email", "IS_SET")}
    listed = (await api.data(document, {"filter": both}))["customers"]
    assert listed == {"totalCount": 1, "nodes": [{"externalId": "a"}]}


SAME = ["Payers", " payers", "PAYERS  ", "p\u0041yers"]
CHANGE = """mutation ($input: AudienceUpdateInput!) { audienceUpdate(input: $input) {
  errors { code } warnings { code path } } }"""
TAKEN = [{"code": "ALREADY_EXISTS", "path": ["name"]}]


async def warned(api: Api, name: str) -> list[dict[str, Any]]:
    """The warnings for a new audience of this name."""
    document = """mutation ($input: AudienceCreateInput!) { audienceCreate(input: $input) {
      errors { code } warnings { code path } } }"""
    made = await api.data(document, {"input": {"name": name, "rule": where("totalSpend", "GT", 1)}})
    assert made["audienceCreate"]["errors"] == []
    warnings: list[dict[str, Any]] = made["audienceCreate"]["warnings"]
    return warnings


@pytest.mark.parametrize("name", SAME)
async def test_a_name_that_another_audience_has_is_told(api: Api, name: str) -> None:
    assert await warned(api, "Payers") == []
    assert await warned(api, "Payers of May") == []
    assert await warned(api, name) == TAKEN


async def test_a_change_to_a_name_that_another_audience_has_is_told(api: Api) -> None:
    rule = where("totalSpend", "GT", 1)
    await create(api, rule, "Big spenders")
    key = (await create(api, rule, "Payers"))["audience"]["id"]
    for change, warnings in (
        ({"name": "big  SPENDERS"}, TAKEN),
        ({"description": "x"}, []),
        ({"name": "P"}, []),
    ):
        payload = await api.data(CHANGE, {"input": {"id": key, **change}})
        assert payload["audienceUpdate"] == {"errors": [], "warnings": warnings}


async def test_of_two_of_one_name_at_once_one_is_told_at_least(api: Api) -> None:
    for number in range(5):
        told = await asyncio.gather(*(warned(api, f"Twins {number}") for _ in range(2)))
        assert TAKEN in told
