"""The mutations that write customers, as clients send them."""

from __future__ import annotations

from typing import Any

from crm_graphql.audit.documents import AuditEvent
from tests.customers.edits import stored
from tests.gql.conftest import Api
from tests.ingestion.doors import apply_pending

CREATE = """mutation ($input: CustomerCreateInput!) { customerCreate(input: $input) {
  customer { id externalId name revision } errors { path code message } } }"""
UPDATE = """mutation ($input: CustomerUpdateInput!) { customerUpdate(input: $input) {
  customer { externalId name email tags revision } errors { path code } } }"""
UPDATES = """mutation ($updates: [CustomerUpdateInput!]!) { customersUpdate(input: {updates: $updates}) {
  customers { externalId name revision } errors { path code } } }"""
INGEST = """mutation ($records: [CustomerRecordInput!]!) { customersIngest(input: {records: $records}) {
  errors { path code } } }"""
DELETE = """mutation ($ref: CustomerRef!) { customerDelete(input: {customer: $ref}) {
  deletedId errors { path code } } }"""


async def made(api: Api, external_id: str, **fields: Any) -> str:
    """A customer's global id."""
    answer = await api.data(CREATE, {"input": {"externalId": external_id, **fields}})
    assert answer["customerCreate"]["errors"] == []
    key: str = answer["customerCreate"]["customer"]["id"]
    return key


async def test_a_customer_is_made_edited_and_erased(api: Api) -> None:
    key = await made(api, "c1", name="Ada", email="ada@example.com")
    edit = {"customer": {"id": key}, "expectedRevision": 1, "name": "Ada King", "tags": ["vip"]}
    assert (await api.data(UPDATE, {"input": edit}))["customerUpdate"] == {
        "customer": {
            "externalId": "c1",
            "name": "Ada King",
            "email": "ada@example.com",
            "tags": ["vip"],
            "revision": 2,
        },
        "errors": [],
    }
    for _ in range(2):
        gone = (await api.data(DELETE, {"ref": {"externalId": "c1"}}))["customerDelete"]
        assert gone == {"deletedId": key, "errors": []}
    events = AuditEvent.get_pymongo_collection().find().sort("_id")
    assert [(one["action"], one["subject_id"], one["succeeded"]) async for one in events] == [
        ("customerCreate", key, True),
        ("customerUpdate", key, True),
        ("customerDelete", key, True),
        ("customerDelete", key, True),
    ]


async def test_a_taken_external_id_is_told_with_a_sentence(api: Api) -> None:
    await made(api, "c1")
    (error,) = (await api.data(CREATE, {"input": {"externalId": "c1"}}))["customerCreate"]["errors"]
    assert (error["path"], error["code"]) == (["externalId"], "ALREADY_EXISTS")
    assert error["message"].endswith("Choose another one, or update that customer.")


async def test_each_of_a_thousand_edits_has_its_own_outcome(api: Api) -> None:
    names = [f"c{number}" for number in range(1_000)]
    answer = await api.data(
        """mutation ($records: [CustomerRecordInput!]!) {
          customersIngest(input: {records: $records}) { errors { code } } }""",
        {"records": [{"externalId": name, "name": name} for name in names]},
    )
    assert answer["customersIngest"]["errors"] == []
    await apply_pending(api.resources)
    updates: list[dict[str, Any]] = [
        {"customer": {"externalId": name}, "name": f"New {name}"} for name in names
    ]
    updates[1] |= {"email": "nobody", "tags": ["x" * 101]}
    updates[2]["expectedRevision"] = 7
    updates[3]["customer"] = {"externalId": "nobody"}
    updates[4]["customer"] = {"id": "no id"}
    updates[5]["name"] = None
    updates[7] |= {"name": 5, "tags": [1], "expectedRevision": "2"}
    updates[8]["customer"] = {"id": "a", "externalId": "b"}
    del updates[9]["customer"]
    # The same customer again: after the edit above, in the same request.
    updates[999] = {"customer": {"externalId": "c6"}, "expectedRevision": 2, "name": "Twice"}
    payload = (await api.data(UPDATES, {"updates": updates}))["customersUpdate"]
    assert [(tuple(error["path"]), error["code"]) for error in payload["errors"]] == [
        (("updates", "1", "email"), "INVALID"),
        (("updates", "1", "tags"), "INVALID"),
        (("updates", "2", "expectedRevision"), "CONFLICT"),
        (("updates", "3", "customer"), "NOT_FOUND"),
        (("updates", "4", "customer"), "INVALID"),
        (("updates", "7", "expectedRevision"), "INVALID"),
        (("updates", "7", "name"), "INVALID"),
        (("updates", "7", "tags"), "INVALID"),
        (("updates", "8", "customer"), "INVALID"),
        (("updates", "9", "customer"), "REQUIRED"),
    ]
    customers = payload["customers"]
    assert [index for index, one in enumerate(customers) if one is None] == [1, 2, 3, 4, 7, 8, 9]
    assert customers[5] == {"externalId": "c5", "name": None, "revision": 2}
    assert customers[6] == customers[999] == {"externalId": "c6", "name": "Twice", "revision": 3}
    assert customers[998] == {"externalId": "c998", "name": "New c998", "revision": 2}
    for number in (1, 2, 3, 4, 7, 8, 9, 999):
        assert (await stored(f"c{number}"))["name"] == f"c{number}"


async def test_an_edit_may_stand_in_the_document_with_variables_in_it(api: Api) -> None:
    key = await made(api, "c1", name="Ada")
    document = """mutation ($id: ID!, $name: String, $ref: CustomerRef!) {
      one: customerUpdate(input: {customer: {id: $id}, name: $name}) { customer { name } errors { code } }
      two: customerUpdate(input: {customer: $ref, city: "Rome", tags: 5}) {
        customer { city } errors { path } }
    }"""
    variables = {"id": key, "name": "Ida", "ref": {"externalId": "c1"}}
    assert await api.data(document, variables) == {
        "one": {"customer": {"name": "Ida"}, "errors": []},
        "two": {"customer": None, "errors": [{"path": ["tags"]}]},
    }
    both = {**variables, "ref": {"id": key, "externalId": "c1"}}
    assert "must specify exactly one key" in str((await api.ask(document, both))["errors"])


async def test_more_than_a_thousand_edits_are_refused(api: Api) -> None:
    updates = [{"customer": {"externalId": "c"}}] * 1_001
    payload = (await api.data(UPDATES, {"updates": updates}))["customersUpdate"]
    assert payload == {"customers": [], "errors": [{"path": ["updates"], "code": "LIMIT_EXCEEDED"}]}


async def test_an_answer_with_a_customer_for_each_edit_costs_as_many(api: Api) -> None:
    document = """mutation ($updates: [CustomerUpdateInput!]!) { customersUpdate(input: {updates: $updates}) {
      customers { orders(first: 100) { nodes { id amount } } } } }"""
    updates = [{"customer": {"externalId": f"c{number}"}} for number in range(500)]
    body = await api.ask(document, {"updates": updates})
    assert "cost" in body["errors"][0]["message"]
    assert "errors" not in await api.ask(document, {"updates": updates[:10]})


async def test_a_time_zone_goes_in_with_edits_and_records_and_comes_out(api: Api) -> None:
    await made(api, "c1", timeZone="europe/berlin")
    records = [{"externalId": "c2", "timeZone": "Asia/Tokyo"}, {"externalId": "c3", "timeZone": "Nowhere"}]
    answer = await api.data(INGEST, {"records": records})
    assert answer["customersIngest"]["errors"] == []
    await apply_pending(api.resources)
    customers = (await api.data("{ customers(first: 10) { nodes { externalId timeZone } } }"))["customers"]
    assert {one["externalId"]: one["timeZone"] for one in customers["nodes"]} == {
        "c1": "Europe/Berlin",
        "c2": "Asia/Tokyo",
        "c3": None,
    }
    refused = await api.data(UPDATE, {"input": {"customer": {"externalId": "c1"}, "timeZone": "Nowhere"}})
    assert refused["customerUpdate"]["errors"] == [{"path": ["timeZone"], "code": "INVALID"}]
