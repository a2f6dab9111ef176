"""Customers erased: nobody meets them, nothing names them, and nothing that comes later brings them back."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from bson import ObjectId

from consumers.work import Work
from crm_graphql.bus.port import Event
from crm_graphql.consents.addresses import hash_key, hashed
from crm_graphql.consents.documents import Suppression
from crm_graphql.consents.service import delete_suppression
from crm_graphql.core.channels import Channel
from crm_graphql.core.errors import AlreadyExists, NotFound
from crm_graphql.core.ids import encode_id
from crm_graphql.customers.derived import reach_of
from crm_graphql.customers.documents import ConsentWord, Customer, CustomerChange, ErasedCustomer
from crm_graphql.customers.labels import settle_labels
from crm_graphql.customers.queries import CustomerReference
from crm_graphql.customers.records import CustomerRecord
from crm_graphql.customers.words import ConsentStatus
from crm_graphql.delivery.documents import Delivery, DeliveryStatus
from crm_graphql.delivery.messages import Receipt, ReceiptStatus
from crm_graphql.erasure.reconcile import ErasureReconciler
from crm_graphql.erasure.service import erase_customer
from crm_graphql.ingestion.documents import DeadLetter, RowErrorRecord
from crm_graphql.ingestion.payloads import encode_record, joined
from crm_graphql.orders.documents import Order
from crm_graphql.orders.records import OrderRecord
from crm_graphql.resources import Resources
from tests.consents.factories import close, make_topic, said
from tests.customers.edits import MARKETER, create, stored, update
from tests.delivery.factories import make_ledger
from tests.delivery.ledgers import ledger
from tests.gql.conftest import Api
from tests.ingestion.doors import CUSTOMERS, ORDERS, apply_pending, figures, send

LONG = timedelta(minutes=5)


async def erase(resources: Resources, external_id: str) -> ObjectId:
    """Erase the customer under the external id."""
    return await erase_customer(
        MARKETER,
        CustomerReference(external_id=external_id),
        transact=resources.in_transaction,
        bus=resources.bus,
        clock=resources.clock,
    )


async def reconcile(resources: Resources) -> None:
    await ErasureReconciler(resources.in_transaction, resources.bus, resources.clock).run()


async def age() -> None:
    """Let the erasures have been long ago."""
    await ErasedCustomer.get_pymongo_collection().update_many(
        {}, [{"$set": {"erased_at": {"$subtract": ["$erased_at", LONG // timedelta(milliseconds=1)]}}}]
    )


async def delivered(customer: ObjectId) -> ObjectId:
    """A campaign that has reached the customer; the delivery."""
    campaign, (key,) = await make_ledger(1, status=DeliveryStatus.DELIVERED)
    await Delivery.get_pymongo_collection().update_one(
        {"campaign_id": campaign},
        {
            "$set": {
                "customer_id": customer,
                "address": "ada@example.com",
                "address_key": b"0123456789abcdef",
                "vendor_message_id": "v1",
                "reason_text": "250 ada@example.com ok",
            }
        },
    )
    return ObjectId(key)


def order(key: str, customer: str = "ada", amount: str = "5") -> dict[str, Any]:
    return {
        "external_id": key,
        "customer_external_id": customer,
        "amount": amount,
        "ordered_at": "2024-01-01",
    }


async def texts(resources: Resources) -> str:
    """Everything that the database holds, but for what was accepted and is kept for a replay."""
    names = await resources.database.list_collection_names()
    kept = {"ingestion_chunks", "bus_messages"}
    return "".join(
        [str(await resources.database[name].find().to_list()) for name in names if name not in kept]
    ).casefold()


async def test_nothing_names_an_erased_person_any_more(resources: Resources) -> None:
    made = await create(resources, "ada", name="Ada Lovelace", email="ada@example.com", phone="+4930123456")
    await update(resources, "ada", city="Marylebone", tags=["countess"])
    await said(resources, made["_id"], await make_topic(resources), ConsentStatus.SUBSCRIBED, source="lady")
    await close(resources, "ada@example.com")
    await delivered(made["_id"])
    await send(resources, ORDERS, [order("o1")])
    await send(resources, CUSTOMERS, [{"external_id": "ada", "email": "lovelace, at home"}])
    await apply_pending(resources)
    assert await erase(resources, "ada") == made["_id"]
    await age()
    await reconcile(resources)
    await settle_labels(resources.in_transaction)
    everything = await texts(resources)
    for word in ("ada@", "lovelace", "+4930123456", "marylebone", "countess", "'ada'", "lady", "name 0"):
        assert word not in everything, word
    assert [str(row["customer_id"]) for row in await Order.get_pymongo_collection().find().to_list()] == [
        str(made["_id"])
    ]


async def test_nobody_meets_an_erased_person(api: Api) -> None:
    resources = api.resources
    made = await create(resources, "ada", name="Ada", email="ada@example.com")
    await delivered(made["_id"])
    await send(resources, ORDERS, [order("o1")])
    await apply_pending(resources)
    ask = """{ customer(by: {externalId: "ada"}) { id }
      customers(filter: {search: "ada"}) { totalCount nodes { id } }
      all: customers { totalCount nodes { id } }
      orders { nodes { externalId customer { id } } }
      audiencePreview(rule: {not: {where: {field: "city", operator: EQ, value: "Rome"}}}) {
        size sample { id } }
    }"""
    before = await api.data(ask)
    key = before["customer"]["id"]
    assert before["audiencePreview"]["size"] == 1
    answer = await api.data(
        'mutation { customerDelete(input: {customer: {externalId: "ada"}}) { deletedId errors { code } } }'
    )
    assert answer["customerDelete"] == {"deletedId": key, "errors": []}
    after = await api.data(ask)
    assert after == {
        "customer": None,
        "customers": {"totalCount": 0, "nodes": []},
        "all": {"totalCount": 0, "nodes": []},
        "orders": {"nodes": [{"externalId": "o1", "customer": None}]},
        "audiencePreview": {"size": 0, "sample": []},
    }
    assert (await api.data(f'{{ node(id: "{key}") {{ id }} }}'))["node"] is None
    (row,) = await Delivery.get_pymongo_collection().find().to_list()
    fields = "... on Delivery { status address body customer { id } }"
    shown = f'{{ node(id: "{encode_id("Delivery", row["_id"])}") {{ {fields} }} }}'
    assert (await api.data(shown))["node"] == {
        "status": "DELIVERED",
        "address": None,
        "body": None,
        "customer": None,
    }


@pytest.mark.parametrize("comes_first", ["the record", "the erasure"])
async def test_no_record_brings_an_erased_person_back(resources: Resources, comes_first: str) -> None:
    await create(resources, "ada", name="Ada")
    rows = [{"external_id": "ada", "name": "Ada again"}, {"external_id": "bob", "name": "Bob"}]
    if comes_first == "the erasure":
        await erase(resources, "ada")
    ingestion = await send(resources, CUSTOMERS, rows)
    if comes_first == "the record":
        await erase(resources, "ada")
    await apply_pending(resources)
    assert await figures(ingestion) == (1, 0, 1, 0)
    assert [row["external_id"] async for row in Customer.get_pymongo_collection().find()] == ["bob"]


@pytest.mark.slow
async def test_who_is_erased_while_files_about_them_are_applied_is_gone(resources: Resources) -> None:
    for number in range(8):
        name = f"ada{number}"
        made = await create(resources, name, name="Ada")
        rows = [{"external_id": name, "name": f"Ada {turn}", "tags": [str(turn)]} for turn in range(20)]
        await send(resources, CUSTOMERS, rows, chunk_records=2)
        orders = [order(f"o{number}-{turn}", name) for turn in range(20)]
        await send(resources, ORDERS, orders, chunk_records=2)
        await asyncio.gather(apply_pending(resources), erase(resources, name))
        kept = Order.get_pymongo_collection().find({"external_id": {"$regex": f"^o{number}-"}})
        assert {row["customer_id"] async for row in kept} == {made["_id"]}
    assert await Customer.get_pymongo_collection().count_documents({}) == 0
    assert await CustomerChange.get_pymongo_collection().count_documents({}) == 0
    assert await ErasedCustomer.get_pymongo_collection().count_documents({}) == 8
    assert await Order.get_pymongo_collection().count_documents({}) == 160


async def test_orders_of_an_erased_person_are_kept_and_are_nobodys(resources: Resources) -> None:
    made = await create(resources, "ada", name="Ada")
    await send(resources, ORDERS, [order("o1"), order("o2", "bob")])
    await apply_pending(resources)
    await erase(resources, "ada")
    later = await send(
        resources, ORDERS, [order("o3"), order("o1", amount="7"), order("o2"), order("o4", "bob")]
    )
    await apply_pending(resources)
    assert await figures(later) == (2, 2, 0, 0)
    orders = Order.get_pymongo_collection().find({"customer_id": made["_id"]}).sort("external_id")
    assert [(row["external_id"], row["amount"]) async for row in orders] == [
        ("o1", 70_000),
        ("o2", 50_000),
        ("o3", 50_000),
    ]
    back = await send(resources, ORDERS, [order("o1", "bob", "1")])
    await apply_pending(resources)
    assert await figures(back) == (0, 1, 0, 0)
    (bob,) = await Customer.get_pymongo_collection().find().to_list()
    assert (bob["external_id"], bob["total_spend"], bob["visit_count"]) == ("bob", 60_000, 2)


async def test_an_erased_person_is_neither_edited_nor_made_again(resources: Resources) -> None:
    made = await create(resources, "ada", name="Ada")
    await erase(resources, "ada")
    with pytest.raises(NotFound, match="may have been erased"):
        await update(resources, "ada", name="Ada")
    with pytest.raises(AlreadyExists, match="was erased"):
        await create(resources, "ada", name="Ada")
    assert await erase(resources, "ada") == made["_id"]
    with pytest.raises(NotFound):
        await erase(resources, "nobody")


async def test_an_address_stays_closed_and_is_not_kept(resources: Resources) -> None:
    await create(resources, "ada", email="ada@example.com", phone="+4930123456")
    await create(resources, "home", phone="+4930123456")
    await update(resources, "ada", email="old@example.com")
    await update(resources, "ada", email="ada@example.com")
    await close(resources, "ada@example.com", "old@example.com")
    await close(resources, "+4930123456", channel=Channel.SMS)
    await erase(resources, "ada")
    suppressions = await Suppression.get_pymongo_collection().find().sort("_id").to_list()
    assert sorted(str(row["address"]) for row in suppressions) == ["+4930123456", "None", "None"]
    await send(resources, CUSTOMERS, [{"external_id": "new", "email": "Ada@example.com"}])
    await apply_pending(resources)
    row = await stored("new")
    assert row["suppressed"] == ["EMAIL"]
    assert row["reach"] == reach_of(row)
    by_key = {bytes(one["key"]): one["_id"] for one in suppressions}
    for address, closed in (("old@example.com", ["EMAIL"]), ("ada@example.com", [])):
        await delete_suppression(MARKETER, by_key[hashed(address, await hash_key())])
        row = await stored("new")
        assert (row["suppressed"], row["reach"]) == (closed, reach_of(row))


async def test_records_that_were_set_aside_go_too(resources: Resources) -> None:
    await create(resources, "ada")
    now = datetime.now(UTC)
    records: list[tuple[str, Any]] = [
        ("CUSTOMERS", CustomerRecord(0, "ada", {"name": "Ada"})),
        ("CUSTOMERS", CustomerRecord(1, "bob", {"name": "ada"})),
        ("ORDERS", OrderRecord(2, "o1", "ada", 1, "USD", now)),
    ]
    await DeadLetter.get_pymongo_collection().insert_many(
        [
            {
                "ingestion_id": ObjectId(),
                "row": record.row,
                "kind": kind,
                "record": joined([encode_record(record)]),
                "version": 1,
                "created_at": now,
            }
            for kind, record in records
        ]
    )
    await erase(resources, "ada")
    assert [row["row"] async for row in DeadLetter.get_pymongo_collection().find()] == [1]


async def test_a_late_receipt_brings_no_address_back(resources: Resources) -> None:
    made = await create(resources, "ada", email="ada@example.com")
    campaign, (key,) = await make_ledger(1, status=DeliveryStatus.SENT)
    await Delivery.get_pymongo_collection().update_one(
        {"campaign_id": campaign}, {"$set": {"customer_id": made["_id"]}}
    )
    await erase(resources, "ada")
    bounced = Receipt(key, ReceiptStatus.FAILED, reason_text="550 ada@example.com", vendor_message_id="v")
    await Work.over(resources).writer.submit(campaign, [bounced])
    (row,) = await ledger(campaign)
    assert (row["status"], row["reason_text"], row["vendor_message_id"]) == ("FAILED", None, None)


async def test_what_was_being_written_at_that_moment_is_found_later(resources: Resources) -> None:
    made = await create(resources, "ada", email="ada@example.com")
    await erase(resources, "ada")
    await delivered(made["_id"])
    await ConsentWord.get_pymongo_collection().insert_one({"customer_id": made["_id"], "source": "lady"})
    await reconcile(resources)
    tombstones = ErasedCustomer.get_pymongo_collection()
    assert (await tombstones.find_one({}) or {})["is_open"] is True
    await age()
    await reconcile(resources)
    (tombstone,) = await tombstones.find().to_list()
    assert (tombstone["is_open"], tombstone["external_id"]) == (False, None)
    assert (await Delivery.get_pymongo_collection().find_one({}) or {})["address"] is None
    assert await ConsentWord.get_pymongo_collection().count_documents({}) == 0


async def test_who_watches_is_told(resources: Resources) -> None:
    await create(resources, "ada")
    seen: list[str] = []
    broadcast = resources.bus.broadcast

    async def watched(event: Event) -> None:
        seen.append(event.topic)
        await broadcast(event)

    object.__setattr__(resources.bus, "broadcast", watched)
    try:
        await erase(resources, "ada")
    finally:
        object.__delattr__(resources.bus, "broadcast")
    assert seen == ["customers.changed"]


async def test_tombstones_and_what_names_people_are_found_by_indexes(resources: Resources) -> None:
    def of(plan: dict[str, Any]) -> str:
        return str(plan["queryPlanner"]["winningPlan"])

    since = {"erased_at": {"$gte": datetime.now(UTC)}}
    lately = ErasedCustomer.get_pymongo_collection().find(since, {"_id": 1}, hint="erased_at")
    plan = of(await lately.explain())
    assert "PROJECTION_COVERED" in plan
    named = ErasedCustomer.get_pymongo_collection().find({"key": {"$in": [b"a"]}}, {"key": 1})
    assert "'indexName': 'key'" in of(await named.explain())
    rows = RowErrorRecord.get_pymongo_collection().find({"external_id": "ada"}, {"_id": 1})
    assert "'indexName': 'external_id'" in of(await rows.explain())
    changes = (
        CustomerChange.get_pymongo_collection()
        .find({"customer_id": ObjectId()})
        .sort([("at", -1), ("_id", -1)])
    )
    assert "SORT'" not in of(await changes.explain())
