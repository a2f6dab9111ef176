"""What is in an export: of all, of some, of a rule, a campaign, a time; and who is in none."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from bson import ObjectId

from crm_graphql.audiences.documents import Audience
from crm_graphql.bulk.targets import Target
from crm_graphql.customers.documents import Customer
from crm_graphql.customers.queries import CustomerReference
from crm_graphql.delivery.documents import Delivery
from crm_graphql.erasure.service import erase_customer
from crm_graphql.orders.documents import Order
from crm_graphql.resources import Resources
from tests.bulk.factories import EVERYONE, people
from tests.delivery.factories import LONG_AGO, make_audience, make_customers
from tests.exports.factories import (
    CSV,
    CUSTOMERS,
    DELIVERIES,
    MARKETER,
    NDJSON,
    ORDERS,
    ask,
    column,
    file_of,
    finish,
    ledger_of,
    read_rows,
    rows_of,
    stored,
    worker_over,
)

RICH = {"where": {"field": "totalSpend", "operator": "GTE", "value": 40}}


async def buy(customers: list[ObjectId], *, each: int = 2) -> None:
    """Orders of these customers, so many of each, one a day; every second is a refund."""
    orders = [
        {
            "external_id": f"o{number}-{turn}",
            "customer_id": customer,
            "amount": -12_345 if turn % 2 else 1_000_000,
            "currency": "USD",
            "quantity": None,
            "ordered_at": LONG_AGO + timedelta(days=turn),
            "version": 1,
            "created_at": LONG_AGO,
            "updated_at": LONG_AGO,
        }
        for number, customer in enumerate(customers)
        for turn in range(each)
    ]
    await Order.get_pymongo_collection().insert_many(orders)


async def erase(resources: Resources, customer: ObjectId) -> None:
    """Erase a customer."""
    await erase_customer(
        MARKETER,
        CustomerReference(key=customer),
        transact=resources.in_transaction,
        bus=resources.bus,
        clock=resources.clock,
    )


@pytest.mark.parametrize("format", [CSV, NDJSON])
async def test_all_customers_are_in_it_once(resources: Resources, format: Any) -> None:
    await people(1_203)
    rows = await rows_of(resources, CUSTOMERS, format)
    assert column(rows, "customer_id") == [f"C{number:04d}" for number in range(1_203)]
    assert column(rows, "total_spend")[7] == "7.00"


async def test_customers_who_are_named_are_in_it(resources: Resources) -> None:
    keys = await people(9)
    by_id = await rows_of(resources, CUSTOMERS, CSV, Target(keys=[keys[5], keys[2], keys[5]]))
    by_name = await rows_of(resources, CUSTOMERS, CSV, Target(external_ids=["C0003", "C0001"]))
    assert column(by_id, "customer_id") == ["C0002", "C0005"]
    assert column(by_name, "customer_id") == ["C0001", "C0003"]


async def test_a_rule_means_who_matches_and_nobody_who_comes_later(resources: Resources) -> None:
    await people(50)
    export = await ask(resources, target=Target(rule=RICH))
    ended = await finish(resources, export)
    rows = read_rows(CSV, await file_of(resources, ended))
    assert column(rows, "customer_id") == [f"C{number:04d}" for number in range(40, 50)]
    assert ended["expected"] == 10


async def test_an_audience_that_is_deleted_meanwhile_changes_nothing(resources: Resources) -> None:
    await people(50)
    audience = await make_audience(RICH)
    export = await ask(resources, target=Target(audience=audience))
    await Audience.get_pymongo_collection().delete_many({})
    ended = await finish(resources, export)
    assert (ended["status"], ended["rows"]) == ("COMPLETED", 10)


async def test_a_rule_of_two_hundred_conditions_is_exported(resources: Resources) -> None:
    await people(30)
    parts = [
        {"where": {"field": "totalSpend", "operator": "EQ", "value": number}} for number in range(5, 195)
    ]
    rows = await rows_of(resources, CUSTOMERS, CSV, Target(rule={"any": parts}))
    assert column(rows, "customer_id") == [f"C{number:04d}" for number in range(5, 30)]


async def test_orders_of_all_are_in_it_those_without_a_customer_too(resources: Resources) -> None:
    keys = await people(300)
    await buy(keys, each=4)
    await erase(resources, keys[0])
    rows = await rows_of(resources, ORDERS)
    assert len(rows) == 1_200
    assert len({row["order_id"] for row in rows}) == 1_200
    assert [row["customer_id"] for row in rows if row["order_id"].startswith("o0-")] == [""] * 4
    assert rows[5] == {
        "order_id": "o1-1",
        "customer_id": "C0001",
        "amount": "-1.2345",
        "ordered_at": "2020-01-02T00:00:00Z",
        "currency": "USD",
        "quantity": "",
        "exported_at": rows[0]["exported_at"],
    }


async def test_orders_of_some_and_of_a_time_are_in_it(resources: Resources) -> None:
    keys = await people(300)
    await buy(keys, each=4)
    of_rule = await rows_of(resources, ORDERS, NDJSON, Target(rule=RICH))
    assert sorted(column(of_rule, "order_id")) == sorted(
        f"o{number}-{turn}" for number in range(40, 300) for turn in range(4)
    )
    times = {"from_at": LONG_AGO + timedelta(days=1), "until_at": LONG_AGO + timedelta(days=3)}
    assert {row["order_id"][-2:] for row in await rows_of(resources, ORDERS, **times)} == {"-1", "-2"}
    some = await rows_of(resources, ORDERS, CSV, Target(keys=keys[:1]), **times)
    assert sorted(column(some, "order_id")) == ["o0-1", "o0-2"]


async def test_customers_of_a_time_are_those_who_were_first_heard_of_then(resources: Resources) -> None:
    keys = await people(3)
    later = {"$set": {"created_at": LONG_AGO + timedelta(days=2)}}
    await Customer.get_pymongo_collection().update_one({"_id": keys[1]}, later)
    rows = await rows_of(resources, from_at=LONG_AGO + timedelta(days=1))
    assert column(rows, "customer_id") == ["C0001"]


async def test_a_campaign_s_deliveries_customers_and_orders_are_in_it(resources: Resources) -> None:
    keys = await make_customers(30)
    await buy(keys)
    campaign = await ledger_of(keys[:20])
    other = await ledger_of(keys[10:])
    drawn = {"campaign_id": campaign, "customer_id": keys[3]}
    await Delivery.get_pymongo_collection().update_one(drawn, {"$set": {"variant": "b"}})
    deliveries = await rows_of(resources, DELIVERIES, campaign_id=campaign)
    assert column(deliveries[2:5], "variant") == ["", "b", ""]
    assert column(deliveries, "customer_id") == [f"c{number}" for number in range(20)]
    assert deliveries[3]["address"] == "c3@example.com"
    assert (deliveries[3]["campaign"], deliveries[3]["status"]) == ("'=Sale", "SENT")
    everything = await rows_of(resources, DELIVERIES)
    assert len(everything) == 40
    of_some = await rows_of(resources, DELIVERIES, CSV, Target(keys=keys[15:17]))
    assert sorted(column(of_some, "customer_id")) == ["c15", "c15", "c16", "c16"]
    assert column(await rows_of(resources, campaign_id=other), "customer_id")[0] == "c10"
    orders = await rows_of(resources, ORDERS, campaign_id=other)
    assert {row["customer_id"] for row in orders} == {f"c{number}" for number in range(10, 30)}
    assert len(orders) == 40


async def test_an_empty_export_has_its_names(resources: Resources) -> None:
    ended = await finish(resources, await ask(resources, ORDERS))
    head = b"order_id,customer_id,amount,ordered_at,currency,quantity,exported_at\r\n"
    assert (ended["rows"], await file_of(resources, ended)) == (0, head)
    ended = await finish(resources, await ask(resources, ORDERS, NDJSON))
    assert await file_of(resources, ended) == b""


async def test_who_is_erased_after_the_moment_that_is_read_is_in_no_row(resources: Resources) -> None:
    keys = await people(20)
    await buy(keys, each=1)
    worker = worker_over(resources)
    exports = [await ask(resources, content) for content in (CUSTOMERS, ORDERS)]
    moment = await resources.database.command("hello")
    last = moment["lastWrite"]["majorityOpTime"]["ts"]
    begun = {
        "as_of": moment["localTime"],
        "cluster_time": {"time": last.time, "inc": last.inc},
    }
    await erase(resources, keys[4])
    for export in exports:
        await resources.database.exports.update_one({"_id": export["_id"]}, {"$set": begun})
        assert await worker.work(export["_id"])
    customers, orders = [
        read_rows(CSV, await file_of(resources, await stored(export["_id"]))) for export in exports
    ]
    assert len(customers) == 19
    assert "C0004" not in column(customers, "customer_id")
    assert column(orders, "customer_id").count("") == 1
    assert (await stored(exports[0]["_id"]))["is_one_moment"]


async def test_files_that_name_who_is_erased_go_with_them(resources: Resources) -> None:
    keys = await people(5)
    done = await finish(resources, await ask(resources, target=Target(keys=keys[:2])))
    open_one = await ask(resources, ORDERS, target=Target(keys=keys[:1]))
    other = await finish(resources, await ask(resources, target=Target(keys=keys[2:])))
    await erase(resources, keys[0])
    now = (await resources.database.command("hello"))["localTime"].replace(tzinfo=other["expires_at"].tzinfo)
    assert (await stored(done["_id"]))["expires_at"] <= now < (await stored(other["_id"]))["expires_at"]
    failed = await stored(open_one["_id"])
    assert (failed["status"], failed["is_open"]) == ("FAILED", False)
    assert "erased" in failed["failure_reason"]


async def test_everybody_means_all(resources: Resources) -> None:
    await people(5)
    assert len(await rows_of(resources, CUSTOMERS, NDJSON, Target(rule=EVERYONE))) == 5
