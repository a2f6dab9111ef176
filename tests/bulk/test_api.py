"""Bulk operations and tags as clients ask for them."""

from __future__ import annotations

from typing import Any

from crm_graphql.audit.documents import AuditEvent
from crm_graphql.core.actor import Role
from crm_graphql.core.ids import encode_id
from crm_graphql.customers.documents import Customer
from tests.bulk.factories import EVERYONE, finish, people
from tests.gql.conftest import Api

OPERATION = "operation { id kind createdBy status failureReason matched done failed completedAt }"
TAG = f"""mutation ($input: CustomersTagInput!) {{
  customersTag(input: $input) {{ {OPERATION} errors {{ path code message }} }} }}"""
TAGS = """query ($search: String, $first: Int, $after: String, $last: Int, $before: String) {
  tags(search: $search, first: $first, after: $after, last: $last, before: $before) {
    nodes { name count } edges { cursor node { name } } totalCount
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"""


async def tag(api: Api, **given: Any) -> dict[str, Any]:
    found: dict[str, Any] = (await api.data(TAG, {"input": given}))["customersTag"]
    return found


async def test_named_customers_are_tagged_and_the_operation_is_a_node(api: Api) -> None:
    keys = await people(3)
    target = {"ids": [encode_id("Customer", key) for key in keys]}
    answer = await tag(api, target=target, add=["VIP"])
    assert answer["errors"] == []
    done = answer["operation"]
    assert (done["kind"], done["status"], done["matched"], done["done"]) == ("TAG", "COMPLETED", 3, 3)
    assert (done["createdBy"], done["failed"], done["failureReason"]) == ("tester", 0, None)
    ask = """query ($id: ID!) { node(id: $id) { ... on BulkOperation { done } }
      bulkOperation(id: $id) { done } bulkOperations { nodes { id } totalCount }
      customers(filter: {tags: ["vip"]}) { totalCount } }"""
    assert await api.data(ask, {"id": done["id"]}) == {
        "node": {"done": 3},
        "bulkOperation": {"done": 3},
        "bulkOperations": {"nodes": [{"id": done["id"]}], "totalCount": 1},
        "customers": {"totalCount": 3},
    }
    event: Any = await AuditEvent.get_pymongo_collection().find_one({"action": "customersTag"})
    assert event["subject_id"] == done["id"]


async def test_who_could_not_be_changed_is_listed_until_they_are_gone(api: Api) -> None:
    full = [f"t{number}" for number in range(100)]
    keys = await people(4, tags=lambda number: full if number else [])
    target = {"ids": [encode_id("Customer", key) for key in keys]}
    done = (await tag(api, target=target, add=["VIP"]))["operation"]
    ask = """query ($id: ID!, $after: String) { bulkOperation(id: $id) { failed failedCustomers(
      first: 2, after: $after) { nodes { externalId } totalCount pageInfo { hasNextPage endCursor } } } }"""

    async def failed(after: str | None = None) -> Any:
        answer = await api.data(ask, {"id": done["id"], "after": after})
        return answer["bulkOperation"]["failedCustomers"]

    first = await failed()
    assert [one["externalId"] for one in first["nodes"]] == ["C0001", "C0002"]
    assert (first["totalCount"], first["pageInfo"]["hasNextPage"]) == (3, True)
    rest = await failed(first["pageInfo"]["endCursor"])
    assert [one["externalId"] for one in rest["nodes"]] == ["C0003"]
    await Customer.get_pymongo_collection().delete_one({"_id": keys[2]})
    assert [one["externalId"] for one in (await failed())["nodes"]] == ["C0001", "C0003"]


async def test_whatever_is_wrong_has_its_place(api: Api) -> None:
    await people(1)
    cases: list[tuple[dict[str, Any], list[tuple[list[str], str]]]] = [
        ({"target": {"ids": []}, "add": ["a"]}, [(["target", "ids"], "REQUIRED")]),
        ({"target": {"ids": ["x"]}, "add": ["a"]}, [(["target", "ids", "0"], "INVALID")]),
        (
            {"target": {"externalIds": ["C0000", "gone"]}, "add": ["a"]},
            [(["target", "externalIds", "1"], "NOT_FOUND")],
        ),
        (
            {"target": {"externalIds": ["x"] * 1_001}, "add": ["a"]},
            [(["target", "externalIds"], "LIMIT_EXCEEDED")],
        ),
        (
            {"target": {"rule": {"where": {"field": "tags", "operator": "CONTAINS"}}}, "add": ["a"]},
            [(["target", "rule", "where", "value"], "REQUIRED")],
        ),
        (
            {"target": {"audienceId": encode_id("Audience", "0" * 24)}, "add": ["a"]},
            [(["target", "audienceId"], "NOT_FOUND")],
        ),
        ({"target": {"externalIds": ["C0000"]}}, [(["add"], "REQUIRED")]),
    ]
    for given, expected in cases:
        answer = await tag(api, **given)
        assert [(one["path"], one["code"]) for one in answer["errors"]] == expected, given
        assert answer["operation"] is None


async def test_an_operation_is_cancelled_once(api: Api) -> None:
    await people(3)
    begun = (await tag(api, target={"rule": EVERYONE}, add=["a"]))["operation"]
    assert (begun["status"], begun["matched"], begun["completedAt"]) == ("ACCEPTED", 3, None)
    cancel = f"""mutation ($id: ID!) {{ bulkOperationCancel(input: {{id: $id}}) {{
      {OPERATION} errors {{ code }} }} }}"""
    ended = (await api.data(cancel, {"id": begun["id"]}))["bulkOperationCancel"]
    assert ended["operation"]["status"] == "FAILED"
    assert ended["operation"]["failureReason"].startswith("tester cancelled it.")
    again = (await api.data(cancel, {"id": begun["id"]}))["bulkOperationCancel"]
    assert again == {"operation": None, "errors": [{"code": "WRONG_STATE"}]}


async def test_tags_are_listed_and_paged_by_use(api: Api) -> None:
    await people(4, tags=lambda number: ["All", *(["Two"] if number < 2 else []), f"own {number}"])
    first = (await api.data(TAGS, {"first": 3}))["tags"]
    assert first["nodes"] == [
        {"name": "All", "count": 4},
        {"name": "Two", "count": 2},
        {"name": "own 0", "count": 1},
    ]
    assert (first["totalCount"], first["pageInfo"]["hasNextPage"]) == (6, True)
    after = first["pageInfo"]["endCursor"]
    following = (await api.data(TAGS, {"first": 3, "after": after}))["tags"]
    assert [one["name"] for one in following["nodes"]] == ["own 1", "own 2", "own 3"]
    before = following["edges"][0]["cursor"]
    back = (await api.data(TAGS, {"last": 1, "before": before}))["tags"]
    assert [one["name"] for one in back["nodes"]] == ["own 0"]
    assert (await api.data(TAGS, {"search": "aL"}))["tags"]["nodes"] == [{"name": "All", "count": 4}]


async def test_a_tag_is_renamed_and_deleted(api: Api) -> None:
    await people(3, tags=["old"])
    rename = f"""mutation {{ tagRename(input: {{tag: "OLD", to: "New"}}) {{
      {OPERATION} errors {{ path code }} }} }}"""
    begun = (await api.data(rename))["tagRename"]
    assert (begun["operation"]["kind"], begun["operation"]["matched"]) == ("TAG_RENAME", 3)
    await finish_all(api)
    gone = (await api.data(rename))["tagRename"]
    assert gone["errors"] == [{"path": ["tag"], "code": "NOT_FOUND"}]
    delete = f'mutation {{ tagDelete(input: {{tag: "new"}}) {{ {OPERATION} errors {{ code }} }} }}'
    assert (await api.data(delete))["tagDelete"]["operation"]["kind"] == "TAG_DELETE"
    await finish_all(api)
    assert (await api.data(TAGS))["tags"]["nodes"] == []


async def finish_all(api: Api) -> None:
    rows = api.resources.database.bulk_operations.find({"is_open": True}).sort("number")
    await finish(api.resources, *[row["_id"] async for row in rows])


async def test_who_may_read_may_not_tag(api: Api) -> None:
    await people(1)
    given = {"target": {"externalIds": ["C0000"]}, "add": ["a"]}
    answer = await api.ask(TAG, {"input": given}, role=Role.VIEWER)
    assert answer["data"]["customersTag"]["errors"][0]["code"] == "FORBIDDEN"
