"""Custom fields deleted: refused while they are used, values taken away in the background; misfits."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from bson import ObjectId

from crm_graphql.campaigns.documents import MessageTemplate
from crm_graphql.core.errors import NotFound, WrongState
from crm_graphql.core.ids import encode_id
from crm_graphql.custom_fields.documents import CustomField
from crm_graphql.custom_fields.queries import definitions, definitions_named
from crm_graphql.custom_fields.service import delete_field
from crm_graphql.customers import custom_values
from crm_graphql.customers.custom_values import count_misfits, take_away_deleted
from crm_graphql.customers.documents import Customer
from crm_graphql.resources import Resources
from tests.audiences.factories import customer, where
from tests.custom_fields.factories import (
    ADMIN,
    LIST,
    NUMBER,
    TEXT,
    definition,
    holding,
    make_field,
    remove,
    unused,
)
from tests.customers.edits import create, stored
from tests.delivery.factories import launch
from tests.gql.conftest import Api

DELETE = """mutation ($id: ID!) { customFieldDelete(input: {id: $id}) {
  deletedId usedBy { id __typename } errors { code path } } }"""
FIELD = """query ($key: String!) { customField(by: {key: $key}) { id key label type isRequired defaultValue
  minimum maximum pattern options } customFields { key } }"""
CREATE = """mutation ($input: CustomFieldCreateInput!) { customFieldCreate(input: $input) {
  customField { id key defaultValue options } errors { path code message } } }"""
UPDATE = """mutation ($input: CustomFieldUpdateInput!) { customFieldUpdate(input: $input) {
  customField { label defaultValue } misfits errors { path code } } }"""


async def make(api: Api, **input: Any) -> str:
    made = (await api.data(CREATE, {"input": input}))["customFieldCreate"]
    assert made["errors"] == []
    key: str = made["customField"]["id"]
    return key


async def long_ago(key: str, *, seconds: float = 60) -> None:
    """As if the field had been deleted so long ago."""
    fields = CustomField.get_pymongo_collection()
    row = await fields.find_one({"key": key, "is_open": True})
    assert row is not None
    await fields.update_one(
        {"_id": row["_id"]}, {"$set": {"deleted_at": row["deleted_at"] - timedelta(seconds=seconds)}}
    )


async def test_a_field_is_made_read_changed_and_deleted(api: Api) -> None:
    key = await make(api, key="tier", label="Tier", type="LIST", options=["Gold", "Tin"], defaultValue="tin")
    found = await api.data(FIELD, {"key": "tier"})
    assert found["customField"] == {
        "id": key,
        "key": "tier",
        "label": "Tier",
        "type": "LIST",
        "isRequired": False,
        "defaultValue": ["Tin"],
        "minimum": None,
        "maximum": None,
        "pattern": None,
        "options": ["Gold", "Tin"],
    }
    change = {"id": key, "label": "Level", "defaultValue": None}
    changed = (await api.data(UPDATE, {"input": change}))["customFieldUpdate"]
    assert changed == {"customField": {"label": "Level", "defaultValue": None}, "misfits": 0, "errors": []}
    twice = await api.data(CREATE, {"input": {"key": "tier", "label": "x", "type": "TEXT"}})
    assert twice["customFieldCreate"]["errors"][0]["code"] == "ALREADY_EXISTS"
    assert (await api.data(DELETE, {"id": key}))["customFieldDelete"] == {
        "deletedId": key,
        "usedBy": [],
        "errors": [],
    }
    assert await api.data(FIELD, {"key": "tier"}) == {"customField": None, "customFields": []}
    entries = await api.resources.database.audit_events.find({}, {"mutation": 1}).to_list()
    assert len(entries) == 4


@pytest.mark.parametrize(
    ("rule_field", "body", "types"),
    [
        ("custom.points", "Hi", {"Audience", "Campaign"}),
        ("name", "Hi {{ customer.custom.points }}", {"Campaign"}),
        ("name", '{% if customer["custom"]["points"] > 1 %}Hi{% endif %} there', {"Campaign"}),
    ],
)
async def test_what_names_a_field_keeps_it(
    resources: Resources, api: Api, rule_field: str, body: str, types: set[str]
) -> None:
    points = await make_field("points")
    await make_field("poin")
    rule = {"all": [{"not": where(rule_field, "IS_SET")}]}
    await launch(resources, rule=rule, message=MessageTemplate(subject="Hello", body=body))
    answer = (await api.data(DELETE, {"id": encode_id("CustomField", points.id)}))["customFieldDelete"]
    assert answer["deletedId"] is None
    assert answer["errors"] == [{"code": "WRONG_STATE", "path": ["id"]}]
    assert {user["__typename"] for user in answer["usedBy"]} == types
    assert set(await definitions()) == {"points", "poin"}


async def test_what_comes_to_name_it_while_it_is_deleted_keeps_it(resources: Resources) -> None:
    points, looks = await make_field("points"), 0

    async def used_by(_key: str) -> list[object]:
        nonlocal looks
        looks += 1
        return ["an audience"] if looks == 2 else []

    with pytest.raises(WrongState):
        await delete_field(ADMIN, points.id, used_by=used_by)
    assert (await definitions())["points"] == points
    await take_away_deleted()
    with pytest.raises(NotFound):
        await delete_field(ADMIN, ObjectId(), used_by=unused)


async def test_values_are_taken_away_in_the_background_and_never_come_back(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(custom_values, "TAKEN_AT_ONCE", 2)
    points = await make_field("points")
    await make_field("note", TEXT)
    for number in range(5):
        await create(resources, f"c{number}", custom_fields={"points": number + 1, "note": "x"})
    await remove(points)
    await take_away_deleted()
    assert (await stored("c1"))["custom_fields"][points.slot] == 2, "a deletion may be taken back for a while"
    await long_ago("points")
    again = await make_field("points")
    await take_away_deleted()
    rows = await Customer.get_pymongo_collection().find().to_list()
    assert len(rows) == 5
    for row in rows:
        assert [slot.rpartition("_")[0] for slot in row["custom_fields"]] == ["note"]
        assert row["folded"]["custom"].keys() == row["custom_fields"].keys()
        assert f"custom:{points.slot}" not in row["versions"]
        assert row["revision"] == 1
    open_ = {"is_open": True}
    assert await CustomField.get_pymongo_collection().count_documents(open_) == 1, "it is looked at again"
    await long_ago("points", seconds=600)
    await take_away_deleted()
    assert await CustomField.get_pymongo_collection().count_documents(open_) == 0
    assert (await definitions_named({"points"}))["points"] == again


async def test_a_round_ends_in_time_and_the_next_goes_on(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    points = await make_field("points")
    await create(resources, "c1", custom_fields={"points": 1})
    await remove(points)
    await long_ago("points", seconds=600)
    monkeypatch.setattr(custom_values, "TAKING_SECONDS", 0.0)
    await take_away_deleted()
    assert await CustomField.get_pymongo_collection().count_documents({"is_open": True}) == 1
    monkeypatch.undo()
    await take_away_deleted()
    assert (await stored("c1"))["custom_fields"] == {}


async def test_misfits_are_counted_and_keep_their_values(resources: Resources, api: Api) -> None:
    key = await make(api, key="points", label="Points", type="NUMBER")
    await make(api, key="code", label="Code", type="TEXT")
    await make(api, key="tier", label="Tier", type="LIST", options=["Gold", "Tin"])
    for number in range(6):
        values = {"points": number, "code": "a" * (number + 1), "tier": "Gold" if number else ["Gold", "Tin"]}
        await create(resources, f"c{number}", custom_fields=values)
    changed = await api.data(UPDATE, {"input": {"id": key, "minimum": 1, "maximum": 3.5}})
    assert changed["customFieldUpdate"]["misfits"] == 3
    assert (await stored("c5"))["custom_fields"][(await definitions())["points"].slot] == 5
    code, tier = (await definitions())["code"], (await definitions())["tier"]
    cases: list[tuple[str, dict[str, Any], int]] = [
        ("code", {"pattern": "a{1,2}"}, 4),
        ("code", {"pattern": None, "maximum": 5}, 1),
        ("tier", {"options": ["Gold"]}, 1),
        ("tier", {"options": ["gold", "Tin", "Iron"]}, 0),
    ]
    for name, change, misfits in cases:
        id = encode_id("CustomField", (code if name == "code" else tier).id)
        found = await api.data(UPDATE, {"input": {"id": id, **change}})
        assert found["customFieldUpdate"] == {**found["customFieldUpdate"], "misfits": misfits, "errors": []}


async def test_misfits_that_cannot_be_counted_in_time_are_not_known(resources: Resources) -> None:
    field = await make_field("code", TEXT, pattern="a")
    rows = [holding(customer(external_id=str(number)), {field.slot: "b"}) for number in range(5_000)]
    await Customer.get_pymongo_collection().insert_many(rows)
    assert await count_misfits(field, timeout_seconds=0.001) is None
    assert await count_misfits(field, timeout_seconds=30) == 5_000
    assert await count_misfits(definition(NUMBER), timeout_seconds=30) == 0
    assert await count_misfits(definition(LIST, options=("a",)), timeout_seconds=30) == 0
