"""One message for one address in a campaign, over pages of the planner and planners that die."""

from __future__ import annotations

from typing import Any

import pytest
from bson import ObjectId
from pymongo.errors import DuplicateKeyError

from crm_graphql.campaigns.documents import MessageTemplate
from crm_graphql.core.channels import Channel
from crm_graphql.customers.documents import Customer
from crm_graphql.delivery import planner as planner_module
from crm_graphql.delivery.documents import Delivery
from crm_graphql.resources import Resources
from tests.delivery.factories import assert_exact, launch, make_customers
from tests.delivery.ledgers import assert_whole, ledger
from tests.delivery.running import running, until_status
from tests.delivery.stand_in import StandInVendor
from tests.delivery.test_planner import Killed, dying, expire, make_planner

DUPLICATE = ("SKIPPED", "DUPLICATE_ADDRESS")


@pytest.fixture(autouse=True)
def _small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planner_module, "PAGE_CUSTOMERS", 4)


async def share(customers: list[ObjectId], *numbers: int, **address: str) -> None:
    await Customer.get_pymongo_collection().update_many(
        {"_id": {"$in": [customers[number] for number in numbers]}}, {"$set": address}
    )


async def outcomes(key: ObjectId) -> list[tuple[str, str | None]]:
    return [(one["status"], one["reason"]) for one in await ledger(key)]


async def test_of_two_with_one_address_the_second_is_skipped(resources: Resources) -> None:
    customers = await make_customers(3)
    await share(customers, 0, email="home@example.com")
    await share(customers, 2, email="Home@Example.com")
    vendor = StandInVendor(sends_receipts=False)
    async with running(resources, vendor):
        key = await launch(resources)
        row = await until_status(key, "COMPLETED")
    assert (row["stats"]["delivered"], row["stats"]["skipped"]) == (2, 1)
    assert (await outcomes(key))[2] == DUPLICATE
    assert len(vendor.keys) == 2


async def test_it_holds_over_pages_and_for_telephones(resources: Resources) -> None:
    customers = await make_customers(14)
    await share(customers, 0, 1, 5, 13, phone="+4930123456")
    await share(customers, 2, 12, phone="+4930123457")
    key = await launch(resources, channel=Channel.SMS, message=MessageTemplate(body="Hi"))
    await make_planner(resources).plan(key)
    await assert_whole(key, customers)
    found = await outcomes(key)
    assert [number for number, one in enumerate(found) if one[0] == "QUEUED"] == [0, 2]
    assert [number for number, one in enumerate(found) if one == DUPLICATE] == [1, 5, 12, 13]
    assert found[3] == ("SKIPPED", "NO_ADDRESS")


async def test_two_campaigns_may_both_write_to_one_address(resources: Resources) -> None:
    await make_customers(2)
    keys = [await launch(resources) for _ in range(2)]
    for key in keys:
        await make_planner(resources).plan(key)
        assert await outcomes(key) == [("QUEUED", None)] * 2


@pytest.mark.parametrize("committed", [True, False])
async def test_it_holds_over_planners_that_die(resources: Resources, committed: bool) -> None:
    customers = await make_customers(20)
    await share(customers, *range(0, 20, 3), email="one@example.com")
    key = await launch(resources)
    for after in (1, 2, 1):
        with pytest.raises(Killed):
            await make_planner(resources, dying(resources, after, committed=committed)).plan(key)
        await expire(key)
    await make_planner(resources).plan(key)
    await assert_whole(key, customers)
    assert (await assert_exact(key))["stats"]["skipped"] == 6


async def test_the_ledger_itself_refuses_an_address_twice(resources: Resources) -> None:
    await make_customers(1)
    key = await launch(resources)
    await make_planner(resources).plan(key)
    row: dict[str, Any] = (await ledger(key))[0]
    again = {**row, "_id": ObjectId(), "customer_id": ObjectId(), "number": 99}
    with pytest.raises(DuplicateKeyError):
        await Delivery.get_pymongo_collection().insert_one(again)


async def test_looking_for_taken_addresses_reads_the_index_alone(resources: Resources) -> None:
    await make_customers(30)
    key = await launch(resources)
    await make_planner(resources).plan(key)
    keys = [one["address_key"] for one in await ledger(key)]
    query = {"campaign_id": key, "address_key": {"$in": keys[:5], "$type": "binData"}}
    found = Delivery.get_pymongo_collection().find(query, {"_id": 0, "address_key": 1}, hint="address")
    executed = (await found.explain())["executionStats"]
    assert (executed["nReturned"], executed["totalDocsExamined"]) == (5, 0)
