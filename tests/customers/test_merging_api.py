"""Merging through the API: what it answers, who may, and where it is told of."""

from __future__ import annotations

from typing import Any

from crm_graphql.audit.documents import AuditEvent
from crm_graphql.core.actor import Role
from crm_graphql.core.ids import encode_id
from crm_graphql.customers.changed import last_customers_change
from crm_graphql.delivery.documents import Delivery, DeliveryStatus
from tests.bulk.factories import assert_counted
from tests.customers.edits import create
from tests.customers.merges import merge
from tests.delivery.factories import make_ledger
from tests.gql.conftest import Api

MERGE = """mutation ($into: CustomerRef!, $from: CustomerRef!) {
  customersMerge(input: {into: $into, from: $from}) {
    customer { id externalId name formerExternalIds revision } mergedId errors { path code message } } }"""


async def ask(api: Api, into: dict[str, str], other: dict[str, str], **who: Any) -> dict[str, Any]:
    body = await api.ask(MERGE, {"into": into, "from": other}, **who)
    found: dict[str, Any] = body["data"]["customersMerge"]
    return found


async def test_a_merge_answers_with_the_survivor_and_is_audited(api: Api) -> None:
    mine, theirs = await create(api.resources, "a", name="Ada"), await create(api.resources, "b")
    before = await last_customers_change()
    former = encode_id("Customer", theirs["_id"])
    found = await ask(api, {"externalId": "a"}, {"id": former})
    survivor = encode_id("Customer", mine["_id"])
    assert found == {
        "customer": {
            "id": survivor,
            "externalId": "a",
            "name": "Ada",
            "formerExternalIds": ["b"],
            "revision": 2,
        },
        "mergedId": former,
        "errors": [],
    }
    event = await AuditEvent.get_pymongo_collection().find_one({"action": "customersMerge"})
    assert event is not None
    assert event["subject_id"] == survivor
    assert before is not None
    assert (await last_customers_change() or before) > before
    again = await api.data(
        f'{{ node(id: "{former}") {{ id }} customer(by: {{id: "{former}"}}) {{ id }} '
        'customers(filter: {search: "b"}) { nodes { id } } }'
    )
    assert again == {
        "node": {"id": survivor},
        "customer": {"id": survivor},
        "customers": {"nodes": [{"id": survivor}]},
    }


async def test_what_is_wrong_is_told_at_its_place(api: Api) -> None:
    await create(api.resources, "a")
    for into, other, path, code in (
        ({"externalId": "a"}, {"externalId": "a"}, ["from"], "INVALID"),
        ({"externalId": "a"}, {"externalId": "x"}, ["from"], "NOT_FOUND"),
        ({"externalId": "x"}, {"externalId": "a"}, ["into"], "NOT_FOUND"),
        ({"id": "x"}, {"externalId": "a"}, ["into"], "INVALID"),
    ):
        found = await ask(api, into, other)
        assert [(one["path"], one["code"]) for one in found["errors"]] == [(path, code)]
        assert (found["customer"], found["mergedId"]) == (None, None)


async def test_who_may_not_write_customers_may_not_merge_them(api: Api) -> None:
    await create(api.resources, "a")
    await create(api.resources, "b")
    found = await ask(api, {"externalId": "a"}, {"externalId": "b"}, role=Role.VIEWER)
    assert [one["code"] for one in found["errors"]] == ["FORBIDDEN"]


async def test_tags_and_groups_are_counted_exactly(api: Api) -> None:
    await create(api.resources, "a", tags=["VIP", "x"])
    await create(api.resources, "b", tags=["vip", "y"])
    # From here on counts are of notes.
    await assert_counted(api.resources)
    made = await api.data('mutation { groupCreate(input: {name: "G"}) { group { id } } }')
    group = made["groupCreate"]["group"]["id"]
    for who in ("a", "b"):
        await api.data(
            f'mutation {{ groupMembersAdd(input: {{id: "{group}", target: {{externalIds: ["{who}"]}}}}) '
            "{ errors { code } } }"
        )
    await merge(api.resources, "a", "b")
    found = await api.data(f'{{ group(id: "{group}") {{ size }} tags {{ nodes {{ name count }} }} }}')
    assert found["group"] == {"size": 1}
    assert {one["name"]: one["count"] for one in found["tags"]["nodes"]} == {"VIP": 1, "x": 1, "y": 1}
    await assert_counted(api.resources)


async def test_bulk_work_by_a_former_id_means_the_survivor(api: Api) -> None:
    await create(api.resources, "a")
    await create(api.resources, "b")
    await merge(api.resources, "a", "b")
    found = await api.data(
        'mutation { customersTag(input: {target: {externalIds: ["b"]}, add: ["late"]}) '
        "{ operation { matched } errors { code } } }"
    )
    assert found["customersTag"] == {"operation": {"matched": 1}, "errors": []}
    shown = await api.data('{ customer(by: {externalId: "a"}) { tags } }')
    assert shown["customer"] == {"tags": ["late"]}


async def test_deliveries_of_both_are_listed_and_lead_to_the_survivor(api: Api) -> None:
    mine, theirs = await create(api.resources, "a"), await create(api.resources, "b", name="Bea")
    campaign, _ = await make_ledger(2, status=DeliveryStatus.DELIVERED)
    for number, customer in enumerate((mine, theirs)):
        await Delivery.get_pymongo_collection().update_one(
            {"campaign_id": campaign, "number": number}, {"$set": {"customer_id": customer["_id"]}}
        )
    await merge(api.resources, "a", "b")
    found = await api.data(
        '{ customer(by: {externalId: "a"}) { deliveries { totalCount nodes { customer { externalId } } } } '
        f'node(id: "{encode_id("Campaign", campaign)}") {{ ... on Campaign {{ '
        'deliveries(filter: {search: "bea"}) { totalCount } } } }'
    )
    assert found["customer"]["deliveries"] == {
        "totalCount": 2,
        "nodes": [{"customer": {"externalId": "a"}}] * 2,
    }
    assert found["node"]["deliveries"]["totalCount"] == 2
