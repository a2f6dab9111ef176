"""Groups as clients use them: made, filled, asked for in rules and lists, deleted."""

from __future__ import annotations

from typing import Any

from bson import ObjectId

from crm_graphql.core.actor import Role
from crm_graphql.core.ids import encode_id
from crm_graphql.customers.documents import Customer
from tests.bulk.factories import EVERYONE, assert_counted, finish, ingest, people
from tests.delivery.factories import launch, make_audience
from tests.gql.conftest import Api

CREATE = """mutation ($name: String!, $description: String) {
  groupCreate(input: {name: $name, description: $description}) {
    group { id name description size } errors { path code } } }"""
MEMBERS = """mutation ($input: GroupMembersInput!) { %s(input: $input) {
  group { size } operation { id kind status matched done } errors { path code } } }"""
GROUP = """query ($id: ID!) { group(id: $id) { name size
  customers { nodes { externalId } totalCount } } }"""
DELETE = """mutation ($id: ID!) { groupDelete(input: {id: $id}) { deletedId errors { code message } } }"""


async def create(api: Api, name: str = "Friends") -> str:
    made = (await api.data(CREATE, {"name": name}))["groupCreate"]
    assert made["errors"] == []
    key: str = made["group"]["id"]
    return key


async def change(api: Api, group: str, way: str = "Add", **target: Any) -> dict[str, Any]:
    name = f"groupMembers{way}"
    answer = await api.data(MEMBERS % name, {"input": {"id": group, "target": target}})
    found: dict[str, Any] = answer[name]
    return found


async def finish_all(api: Api) -> None:
    rows = api.resources.database.bulk_operations.find({"is_open": True}).sort("number")
    await finish(api.resources, *[row["_id"] async for row in rows])


def rule_on(group: str, operator: str = "CONTAINS") -> dict[str, Any]:
    value: Any = [group] if operator.endswith("IN") else group
    return {"where": {"field": "group", "operator": operator, "value": value}}


async def matching(api: Api, rule: dict[str, Any]) -> list[str]:
    ask = """query ($rule: RuleInput!) { customers(filter: {rule: $rule}) { nodes { externalId } } }"""
    nodes = (await api.data(ask, {"rule": rule}))["customers"]["nodes"]
    return sorted(node["externalId"] for node in nodes)


async def test_named_customers_join_and_leave_at_once(api: Api) -> None:
    await people(4)
    group = await create(api)
    joined = await change(api, group, externalIds=["C0001", "C0002", "C0001"])
    assert joined["group"] == {"size": 2}
    assert (joined["operation"]["kind"], joined["operation"]["status"]) == ("GROUP_ADD", "COMPLETED")
    assert (joined["operation"]["matched"], joined["operation"]["done"]) == (2, 2)
    assert (await change(api, group, externalIds=["C0001"]))["group"] == {"size": 2}
    left = await change(api, group, "Remove", externalIds=["C0001"])
    assert left["group"] == {"size": 1}
    found = (await api.data(GROUP, {"id": group}))["group"]
    assert found["customers"] == {"nodes": [{"externalId": "C0002"}], "totalCount": 1}
    row: Any = await Customer.get_pymongo_collection().find_one({"external_id": "C0001"})
    assert "groups" not in row["folded"]
    await assert_counted(api.resources)


async def test_by_rule_they_join_in_the_background(api: Api) -> None:
    await people(5)
    group = await create(api)
    begun = await change(api, group, rule=EVERYONE)
    assert (begun["operation"]["status"], begun["group"]) == ("ACCEPTED", {"size": 0})
    await finish_all(api)
    assert (await api.data(GROUP, {"id": group}))["group"]["size"] == 5


async def test_a_customer_shows_its_groups_by_name_in_pages(api: Api) -> None:
    (key,) = await people(1)
    for name in ("beta", "Alpha", "gamma"):
        await change(api, await create(api, name), ids=[encode_id("Customer", key)])
    ask = """query ($first: Int, $after: String, $last: Int, $before: String) {
      customer(by: {externalId: "C0000"}) { groups(first: $first, after: $after, last: $last, before: $before)
        { nodes { name } totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } }"""
    first = (await api.data(ask, {"first": 2}))["customer"]["groups"]
    assert [one["name"] for one in first["nodes"]] == ["Alpha", "beta"]
    assert (first["totalCount"], first["pageInfo"]["hasNextPage"]) == (3, True)
    after = first["pageInfo"]["endCursor"]
    rest = (await api.data(ask, {"first": 2, "after": after}))["customer"]["groups"]
    assert [one["name"] for one in rest["nodes"]] == ["gamma"]
    before = rest["pageInfo"]["startCursor"]
    back = (await api.data(ask, {"last": 1, "before": before}))["customer"]["groups"]
    assert [one["name"] for one in back["nodes"]] == ["beta"]
    assert back["pageInfo"]["hasPreviousPage"]


async def test_a_group_is_a_field_of_rules_and_a_filter(api: Api) -> None:
    await people(3)
    group, other = await create(api), await create(api, "Others")
    await change(api, group, externalIds=["C0000", "C0001"])
    await change(api, other, externalIds=["C0001", "C0002"])
    assert await matching(api, rule_on(group)) == ["C0000", "C0001"]
    assert await matching(api, rule_on(group, "NOT_CONTAINS")) == ["C0002"]
    assert await matching(api, rule_on(other, "NOT_IN")) == ["C0000"]
    assert await matching(api, {"not": {"where": {"field": "group", "operator": "IS_SET"}}}) == []
    ask = f'{{ customers(filter: {{groupId: "{other}"}}) {{ totalCount }} }}'
    assert (await api.data(ask))["customers"]["totalCount"] == 2
    fields = (await api.data("{ ruleFields { field choices { value label } } }"))["ruleFields"]
    (field,) = (one for one in fields if one["field"] == "group")
    assert field["choices"] == [{"value": group, "label": "Friends"}, {"value": other, "label": "Others"}]


async def test_an_import_leaves_groups_as_they_are(api: Api) -> None:
    await people(2)
    group = await create(api)
    await change(api, group, externalIds=["C0000"])
    await ingest(api.resources, 9, C0000=["new"])
    assert await matching(api, rule_on(group)) == ["C0000"]
    await assert_counted(api.resources)


async def test_a_rule_tells_the_groups_name_and_names_none_that_is_not_there(api: Api) -> None:
    group = await create(api)
    save = """mutation ($rule: RuleInput!) { audienceCreate(input: {name: "A", rule: $rule}) {
      audience { id ruleText } errors { path code } } }"""
    made = (await api.data(save, {"rule": rule_on(group)}))["audienceCreate"]
    assert made["audience"]["ruleText"] == 'groups include "Friends"'
    for gone in (encode_id("Group", ObjectId()), encode_id("Audience", ObjectId()), "x", "$gt"):
        refused = (await api.data(save, {"rule": rule_on(gone)}))["audienceCreate"]
        assert refused["errors"] == [{"path": ["rule", "where", "value"], "code": "INVALID"}]


async def test_explaining_says_the_names_of_groups(api: Api) -> None:
    await people(1)
    group = await create(api)
    await change(api, group, externalIds=["C0000"])
    ask = """query ($rule: RuleInput!) { audienceExplain(rule: $rule, customer: {externalId: "C0000"}) {
      matches nodes { expected actual } } }"""
    found = (await api.data(ask, {"rule": rule_on(group)}))["audienceExplain"]
    assert found["matches"]
    assert found["nodes"] == [{"expected": 'include "Friends"', "actual": '"Friends"'}]


async def test_a_group_that_an_audience_names_is_not_deleted(api: Api) -> None:
    await people(2)
    group = await create(api)
    await change(api, group, externalIds=["C0000"])
    save = """mutation ($rule: RuleInput!) { audienceCreate(input: {name: "Close", rule: $rule}) {
      audience { id } } }"""
    nested = {"all": [EVERYONE, {"not": {"any": [rule_on(group, "IN")]}}]}
    audience = (await api.data(save, {"rule": nested}))["audienceCreate"]["audience"]["id"]
    refused = (await api.data(DELETE, {"id": group}))["groupDelete"]
    assert refused["deletedId"] is None
    assert refused["errors"][0]["code"] == "WRONG_STATE"
    assert 'the audience "Close"' in refused["errors"][0]["message"]
    await api.data(f'mutation {{ audienceDelete(input: {{id: "{audience}"}}) {{ deletedId }} }}')
    assert (await api.data(DELETE, {"id": group}))["groupDelete"] == {"deletedId": group, "errors": []}
    assert (await api.data(GROUP, {"id": group}))["group"] is None
    await finish_all(api)
    assert await assert_counted(api.resources) == {}
    again = (await api.data(DELETE, {"id": group}))["groupDelete"]
    assert again["errors"][0]["code"] == "NOT_FOUND"


async def test_a_group_stays_while_a_campaign_is_planned_by_it(api: Api) -> None:
    await people(2)
    group = await create(api)
    key = await launch(api.resources, rule=rule_on(group))
    await api.resources.database.audiences.delete_many({})
    refused = (await api.data(DELETE, {"id": group}))["groupDelete"]
    assert 'the campaign "Summer sale"' in refused["errors"][0]["message"]
    await api.resources.database.campaigns.update_one({"_id": key}, {"$set": {"planning.done": True}})
    assert (await api.data(DELETE, {"id": group}))["groupDelete"]["errors"] == []


async def test_who_joins_while_a_group_is_deleted_leaves_it_too(api: Api) -> None:
    await people(3)
    group = await create(api)
    await change(api, group, rule=EVERYONE)
    await api.data(DELETE, {"id": group})
    await finish_all(api)
    assert await assert_counted(api.resources) == {}


async def test_a_rule_that_came_to_name_a_deleted_group_selects_nobody(api: Api) -> None:
    await people(2)
    group = await create(api)
    await change(api, group, externalIds=["C0000"])
    await api.data(DELETE, {"id": group})
    await finish_all(api)
    key = await make_audience(rule_on(group))
    ask = f"""{{ audience(id: "{encode_id("Audience", key)}") {{
      ruleText size customers {{ nodes {{ externalId }} }} }} }}"""
    assert (await api.data(ask))["audience"] == {
        "ruleText": "groups include a group that is gone",
        "size": 0,
        "customers": {"nodes": []},
    }


async def test_names_are_unique_in_any_letters(api: Api) -> None:
    group = await create(api)
    taken = (await api.data(CREATE, {"name": " FRIENDS "}))["groupCreate"]
    assert taken == {"group": None, "errors": [{"path": ["name"], "code": "ALREADY_EXISTS"}]}
    other = await create(api, "Others")
    update = """mutation ($id: ID!, $name: String, $description: String) {
      groupUpdate(input: {id: $id, name: $name, description: $description}) {
        group { name description } errors { path code } } }"""
    renamed = (await api.data(update, {"id": other, "name": "friends"}))["groupUpdate"]
    assert renamed["errors"] == [{"path": ["name"], "code": "ALREADY_EXISTS"}]
    unnamed = (await api.data(update, {"id": group, "name": None}))["groupUpdate"]
    assert unnamed["errors"] == [{"path": ["name"], "code": "REQUIRED"}]
    changed = (await api.data(update, {"id": group, "description": "close ones"}))["groupUpdate"]
    assert changed["group"] == {"name": "Friends", "description": "close ones"}
    found = (await api.data('{ groups(search: "oth") { nodes { name } totalCount } }'))["groups"]
    assert found == {"nodes": [{"name": "Others"}], "totalCount": 1}


async def test_who_may_read_may_not_change_members(api: Api) -> None:
    await people(1)
    group = await create(api)
    given = {"input": {"id": group, "target": {"externalIds": ["C0000"]}}}
    answer = await api.ask(MEMBERS % "groupMembersAdd", given, role=Role.VIEWER)
    assert answer["data"]["groupMembersAdd"]["errors"][0]["code"] == "FORBIDDEN"
    assert (await api.ask(GROUP, {"id": group}, role=Role.VIEWER))["data"]["group"]["size"] == 0
