"""A mutation tells all that is wrong with its input at once, each fault at its place."""

from __future__ import annotations

from typing import Any

import pytest

from crm_graphql.core.ids import encode_id
from tests.delivery.factories import make_audience, make_draft
from tests.gql.conftest import Api

NONE = "65a000000000000000000001"
LONG = "x" * 3_000
Found = set[tuple[str, str]]


async def faults(api: Api, name: str, input: dict[str, Any]) -> Found:
    """The faults that a mutation tells, as (path, code)."""
    kind = name[0].upper() + name[1:]
    document = f"mutation ($i: {kind}Input!) {{ {name}(input: $i) {{ errors {{ code path message }} }} }}"
    errors = (await api.data(document, {"i": input}))[name]["errors"]
    found = [(".".join(error["path"]), error["code"]) for error in errors]
    assert len(found) == len(set(found))
    return set(found)


MESSAGE = {"subject": "{{ customer.nam }}", "body": "{% if %}"}
CASES: list[tuple[str, dict[str, Any], Found]] = [
    (
        "campaignCreate",
        {"name": " ", "audienceId": "", "channel": "EMAIL", "message": MESSAGE, "idempotencyKey": ""},
        {
            ("name", "REQUIRED"),
            ("audienceId", "REQUIRED"),
            ("message.subject", "INVALID"),
            ("message.body", "INVALID"),
            ("idempotencyKey", "INVALID"),
        },
    ),
    (
        "campaignCreate",
        {"name": "", "audienceId": encode_id("Audience", NONE), "channel": "EMAIL", "message": {"body": ""}},
        {
            ("name", "REQUIRED"),
            ("audienceId", "INVALID"),
            ("message.subject", "REQUIRED"),
            ("message.body", "REQUIRED"),
        },
    ),
    (
        "campaignUpdate",
        {"id": "", "name": None, "audienceId": "x", "channel": None, "message": {"body": ""}},
        {("id", "REQUIRED"), ("name", "REQUIRED"), ("audienceId", "INVALID"), ("channel", "REQUIRED")},
    ),
    (
        "campaignUpdate",
        {"id": "x", "name": LONG, "audienceId": encode_id("Audience", NONE)},
        {("id", "INVALID"), ("name", "INVALID"), ("audienceId", "INVALID")},
    ),
    (
        "audienceCreate",
        {"name": "", "description": LONG, "rule": {"all": [{}, {"where": {"field": "city"}}]}},
        {
            ("name", "REQUIRED"),
            ("description", "INVALID"),
            ("rule.all.0", "REQUIRED"),
            ("rule.all.1.where.operator", "REQUIRED"),
        },
    ),
    (
        "audienceUpdate",
        {"id": "", "name": None, "description": LONG, "rule": {}},
        {("id", "REQUIRED"), ("name", "REQUIRED"), ("description", "INVALID"), ("rule", "REQUIRED")},
    ),
    ("audienceUpdate", {"id": "x", "rule": None}, {("id", "INVALID"), ("rule", "REQUIRED")}),
    (
        "userCreate",
        {"email": "", "name": LONG, "role": "VIEWER"},
        {("email", "REQUIRED"), ("name", "INVALID")},
    ),
    (
        "userUpdate",
        {"id": "", "name": LONG, "role": None, "isActive": None},
        {("id", "REQUIRED"), ("name", "INVALID"), ("role", "REQUIRED"), ("isActive", "REQUIRED")},
    ),
    (
        "apiKeyCreate",
        {"name": "", "role": "VIEWER", "expiresAt": "2020-01-01"},
        {("name", "REQUIRED"), ("expiresAt", "INVALID")},
    ),
    (
        "customersIngest",
        {"records": [{"externalId": "a"}] * 1_001, "idempotencyKey": "", "source": LONG},
        {("records", "LIMIT_EXCEEDED"), ("idempotencyKey", "INVALID"), ("source", "INVALID")},
    ),
    ("passwordSet", {"code": "", "password": ""}, {("code", "REQUIRED"), ("password", "REQUIRED")}),
    ("passwordSet", {"code": "x", "password": "short"}, {("code", "INVALID"), ("password", "INVALID")}),
    (
        "deliveryReceiptsRecord",
        {
            "receipts": [
                {"deliveryId": "", "status": "DELIVERED", "attempt": 0, "reason": "BOUNCED"},
                {"deliveryId": encode_id("Delivery", NONE), "status": "FAILED", "reasonText": "\0"},
            ]
        },
        {
            ("receipts.0.deliveryId", "REQUIRED"),
            ("receipts.0.attempt", "INVALID"),
            ("receipts.0.reason", "INVALID"),
            ("receipts.1.reasonText", "INVALID"),
        },
    ),
    *(
        (name, {"id": ""}, {("id", "REQUIRED")})
        for name in ("campaignLaunch", "audienceDelete", "userPasswordReset", "apiKeyRevoke", "sessionRevoke")
    ),
]


@pytest.mark.parametrize(("name", "input", "expected"), CASES)
async def test_all_faults_of_an_input_are_told_at_once(
    api: Api, name: str, input: dict[str, Any], expected: Found
) -> None:
    assert await faults(api, name, input) == expected


async def test_the_faults_of_a_change_of_a_draft_are_told_with_those_of_its_message(api: Api) -> None:
    draft = encode_id("Campaign", await make_draft(api.resources))
    change = {"id": draft, "name": "", "audienceId": "", "message": {"subject": "", "body": "{% if %}"}}
    assert await faults(api, "campaignUpdate", change) == {
        ("name", "REQUIRED"),
        ("audienceId", "REQUIRED"),
        ("message.subject", "REQUIRED"),
        ("message.body", "INVALID"),
    }


async def test_all_that_keeps_a_draft_from_its_launch_is_told_at_once(api: Api) -> None:
    audience = await make_audience()
    draft = await make_draft(api.resources, message=None, audience_id=audience)
    await api.resources.database.audiences.delete_one({"_id": audience})
    assert await faults(api, "campaignLaunch", {"id": encode_id("Campaign", draft)}) == {
        ("message", "REQUIRED"),
        ("audienceId", "INVALID"),
    }


HALF = [
    ("{}", {"": "REQUIRED"}),
    ("{not: {}}", {"not": "REQUIRED"}),
    ("{where: {}}", {"where.field": "REQUIRED", "where.operator": "REQUIRED"}),
    ('{where: {field: "", operator: EQ, value: ""}}', {"where.field": "REQUIRED", "where.value": "REQUIRED"}),
    ("{where: {operator: IS_SET}}", {"where.field": "REQUIRED"}),
    (
        '{all: [{where: {field: "city", operator: EQ, value: "Rome"}}, {any: []}, {where: {field: "city", '
        'operator: IN, value: [""]}}]}',
        {"all.1.any": "REQUIRED", "all.2.where.value.0": "REQUIRED"},
    ),
]


@pytest.mark.parametrize(("rule", "expected"), HALF)
async def test_a_half_written_rule_has_no_size_and_says_what_is_missing(
    api: Api, rule: str, expected: dict[str, str]
) -> None:
    asked = "audiencePreview(rule: %s) { size reachable { size } sample { id } errors { code path } }"
    preview = (await api.data("{" + asked % rule + "}"))["audiencePreview"]
    assert (preview["size"], preview["reachable"], preview["sample"]) == (None, [], [])
    found = {".".join(error["path"]): error["code"] for error in preview["errors"]}
    assert found == {".".join(filter(None, ("rule", path))): code for path, code in expected.items()}


async def test_a_half_written_rule_in_a_filter_is_refused_with_its_place(api: Api) -> None:
    cases: list[tuple[str, dict[str, Any]]] = [
        ("query ($f: CustomerFilter) { customers(filter: $f) { totalCount } }", {"f": {"rule": {}}}),
        ("{ customers(filter: {rule: {}}) { totalCount } }", {}),
    ]
    for document, variables in cases:
        (error,) = (await api.ask(document, variables))["errors"]
        assert error["extensions"]["code"] == "BAD_USER_INPUT"
        assert error["extensions"]["inputPath"][-1] == "rule"


@pytest.mark.parametrize(
    "rule", ["{all: [], any: []}", "{all: null}", "{where: null}", "{nope: 1}", "{where: {nope: 1}}", "5"]
)
async def test_what_is_no_rule_at_all_is_refused_as_a_document(api: Api, rule: str) -> None:
    body = await api.ask(f"{{ audiencePreview(rule: {rule}) {{ size }} }}")
    assert "data" not in body
    assert body["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


async def test_the_schema_still_promises_whole_rules(api: Api) -> None:
    asked = """{
      rule: __type(name: "RuleInput") { isOneOf }
      condition: __type(name: "ConditionInput") { inputFields { name type { kind } } }
      record: __type(name: "OrderRecordInput") { kind }
    }"""
    found = await api.data(asked)
    assert found["rule"] == {"isOneOf": True}
    kinds = {field["name"]: field["type"]["kind"] for field in found["condition"]["inputFields"]}
    assert kinds == {"field": "NON_NULL", "operator": "NON_NULL", "value": "SCALAR"}
    assert found["record"] == {"kind": "INPUT_OBJECT"}
