"""Customers who share an address: which, how many, at every moment, and without a look at everybody."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from typing import Any

from crm_graphql.customers.documents import AddressChanges, Customer
from crm_graphql.duplicates.counting import holders_pipeline, settle_addresses
from crm_graphql.duplicates.documents import SharedAddress
from crm_graphql.duplicates.queries import sharing_pipeline
from crm_graphql.migrations.steps import plan_address_notes
from crm_graphql.resources import Resources
from tests.customers.edits import create, update
from tests.customers.merges import merge
from tests.customers.test_erasing import erase
from tests.gql.conftest import Api
from tests.gql.factories import insert_customers
from tests.ingestion.doors import CUSTOMERS, ORDERS, apply_pending, send
from tests.profiling import documents_examined, profiled

ASK = """{ customerDuplicates { totalCount nodes { by value count customers { externalId email } } } }"""


async def shared(resources: Resources) -> dict[str, int]:
    """What is kept, once everything that was noted is counted."""
    assert await settle_addresses(resources.in_transaction, for_seconds=30)
    return {row["_id"]: row["customers"] async for row in SharedAddress.get_pymongo_collection().find()}


async def recounted() -> dict[str, int]:
    """The same, of all customers."""
    rows = await Customer.get_pymongo_collection().find().to_list()
    counts = Counter(
        f"{field}:{row[field].casefold()}" for row in rows for field in ("email", "phone") if row.get(field)
    )
    return {address: count for address, count in counts.items() if count > 1}


async def test_who_shares_an_address_is_listed_with_the_others(api: Api) -> None:
    resources = api.resources
    await create(resources, "a", email="Ida@example.com", phone="+4930123456")
    await create(resources, "b", email="ida@example.com")
    await create(resources, "c", email="other@example.com", phone="+49 30 123456")
    await create(resources, "d", phone="+4930123456")
    found = (await api.data(ASK))["customerDuplicates"]
    assert found["totalCount"] == 2
    shown = [(one["by"], one["value"], one["count"]) for one in found["nodes"]]
    assert shown == [("phone", "+4930123456", 3), ("email", "ida@example.com", 2)]
    assert [sorted(who["externalId"] for who in one["customers"]) for one in found["nodes"]] == [
        ["a", "c", "d"],
        ["a", "b"],
    ]


async def test_of_many_who_share_an_address_ten_are_shown(api: Api) -> None:
    await send(api.resources, CUSTOMERS, [{"external_id": f"c{n}", "email": "info@x.org"} for n in range(25)])
    await apply_pending(api.resources)
    (one,) = (await api.data(ASK))["customerDuplicates"]["nodes"]
    assert (one["count"], len(one["customers"])) == (25, 10)


async def test_every_way_to_come_and_go_is_counted(resources: Resources) -> None:
    records = [{"external_id": f"c{n}", "email": f"e{n % 3}@x.org"} for n in range(6)]
    await send(resources, CUSTOMERS, records)
    await send(resources, ORDERS, [_order("o1", "email:e0@x.org")])
    await apply_pending(resources)
    assert (
        await shared(resources)
        == await recounted()
        == {
            "email:e0@x.org": 3,
            "email:e1@x.org": 2,
            "email:e2@x.org": 2,
        }
    )
    await update(resources, "c1", email=None)
    await update(resources, "c2", email="e0@x.org")
    assert await shared(resources) == await recounted() == {"email:e0@x.org": 4}
    await merge(resources, "c0", "c3")
    await erase(resources, "c2")
    assert await shared(resources) == await recounted() == {"email:e0@x.org": 2}
    await erase(resources, "c0")
    assert await shared(resources) == {}


def _order(key: str, customer: str) -> dict[str, Any]:
    return {
        "external_id": key,
        "customer_external_id": customer,
        "amount": "1",
        "ordered_at": "2024-01-01",
    }


async def test_counts_are_exact_whoever_counts_while_addresses_change(resources: Resources) -> None:
    rng = random.Random(5)
    for number in range(8):
        await create(resources, f"c{number}", email=f"e{number % 2}@x.org")

    async def changes() -> None:
        for _ in range(15):
            address = rng.choice(["e0@x.org", "e1@x.org", "e2@x.org", None])
            await update(resources, f"c{rng.randrange(8)}", email=address)

    async def counts() -> None:
        for _ in range(15):
            await settle_addresses(resources.in_transaction, for_seconds=5)

    await asyncio.gather(changes(), changes(), counts(), counts())
    assert await shared(resources) == await recounted()


async def test_an_address_of_an_erased_person_is_in_no_note(resources: Resources) -> None:
    await create(resources, "a", email="ada@example.com")
    await erase(resources, "a")
    assert await AddressChanges.get_pymongo_collection().count_documents({}) == 0


async def test_those_of_a_former_release_are_noted_by_a_step(resources: Resources) -> None:
    await insert_customers(7, email=lambda number: f"E{number % 5}@x.org")
    assert await shared(resources) == {}
    for _ in range(2):
        for action in await plan_address_notes(resources.database):
            await action.do()
        assert await shared(resources) == {"email:e0@x.org": 2, "email:e1@x.org": 2}


async def test_counting_and_showing_use_the_index_on_the_address(resources: Resources) -> None:
    await insert_customers(500, email=lambda number: f"e{number // 2}@x.org")
    customers = Customer.get_pymongo_collection()
    values = [f"e{number}@x.org" for number in range(3)]
    async with profiled(resources.database) as commands:
        await (await customers.aggregate(holders_pipeline("email", values), hint="folded")).to_list()
        rows = await (
            await customers.database.aggregate(sharing_pipeline("email", values, {"name": 1}))
        ).to_list()
    assert [len(row["rows"]) for row in rows] == [2, 2, 2]
    assert sum(documents_examined(commands).values()) <= 6
    assert "COLLSCAN" not in {one.get("planSummary") for one in commands}
