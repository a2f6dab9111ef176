"""What is kept of people on WhatsApp: in their own file, gone with them, and shown to nobody else."""

from __future__ import annotations

from datetime import UTC, datetime

import httpx
from bson import ObjectId

from crm_graphql.core.settings import Settings
from crm_graphql.customers.documents import Customer
from crm_graphql.customers.queries import CustomerReference
from crm_graphql.delivery.vendors.whatsapp.vendor import whatsapp_carrier
from crm_graphql.erasure.service import erase_customer
from crm_graphql.exports.person import SECTIONS
from crm_graphql.resources import Resources
from crm_graphql.whatsapp.documents import WhatsappFile, WhatsappPair, WhatsappReached, WhatsappWindow
from crm_graphql.whatsapp.people import addresses_of
from crm_graphql.whatsapp.windows import Sender, heard
from tests.delivery.factories import ADMIN, make_customers
from tests.servers.graph import Graph
from tests.whatsapp.calls import GREETING, greeting, number

USER_ID = "DE.13491208655302741918"
NOW = datetime(2026, 11, 1, tzinfo=UTC)


async def known_person(index: int) -> ObjectId:
    """A customer who wrote, and sent a file that is not fetched yet."""
    (key,) = await make_customers(1, start=index)
    fields = {
        "phone": number(index),
        "folded.phone": number(index),
        "source_ids": [f"whatsapp:{USER_ID}{index}"],
    }
    await Customer.get_pymongo_collection().update_one({"_id": key}, {"$set": fields})
    await heard(Sender(number(index), f"{USER_ID}{index}"), NOW)
    await heard(Sender(None, f"US.{index}"), NOW)
    file = {"_id": f"f{index}", "sender": number(index), "at": NOW, "attempts": 0, "touched_at": NOW}
    await WhatsappFile.get_pymongo_collection().insert_one(file)
    return key


async def test_what_is_kept_goes_with_an_erased_person_and_nobody_elses(resources: Resources) -> None:
    one, _ = await known_person(1), await known_person(2)
    await erase_customer(
        ADMIN,
        CustomerReference(key=one),
        transact=resources.in_transaction,
        bus=resources.bus,
        clock=resources.clock,
    )
    assert {row.id for row in await WhatsappWindow.find_all().to_list()} == {number(2), "US.1", "US.2"}
    assert [row.sender for row in await WhatsappFile.find_all().to_list()] == [number(2)]


async def test_a_number_that_two_have_stays_for_the_other(resources: Resources) -> None:
    one, two = await known_person(1), await known_person(2)
    shared = {"phone": number(1), "folded.phone": number(1)}
    await Customer.get_pymongo_collection().update_one({"_id": two}, {"$set": shared})
    await erase_customer(
        ADMIN,
        CustomerReference(key=one),
        transact=resources.in_transaction,
        bus=resources.bus,
        clock=resources.clock,
    )
    row = await WhatsappFile.find_one({"sender": number(1)})
    assert row is not None


async def test_a_persons_own_file_tells_what_is_kept(resources: Resources) -> None:
    key = await known_person(1)
    await known_person(2)
    customer = await Customer.get_pymongo_collection().find_one({"_id": key})
    assert customer is not None
    assert addresses_of(customer) == [number(1), f"{USER_ID}1"]
    sections = {one.kind: one for one in SECTIONS}
    for kind, keys in (("WHATSAPP", [number(1)]), ("WHATSAPP_FILE", ["f1"])):
        section = sections[kind]
        rows = section.document.get_pymongo_collection().find(await section.meant(customer))
        assert [row["_id"] async for row in rows] == keys


async def test_budgets_name_nobody(
    graph: Graph, account: Settings, http: httpx.AsyncClient, resources: Resources
) -> None:
    graph.templates = [GREETING]
    await whatsapp_carrier(account, http).vendor.send([greeting(1)], deadline_seconds=5.0)
    for document in (WhatsappPair, WhatsappReached):
        rows = await document.get_pymongo_collection().find().to_list()
        assert len(rows) == 1
        assert number(1).lstrip("+") not in repr(rows)
