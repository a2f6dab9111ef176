"""A customer's timeline: what happened, by whom, newest first, in pages that cost the same at any depth."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from bson import ObjectId

from crm_graphql.core.actor import ROLE_PERMISSIONS, Permission, Role
from crm_graphql.core.ids import encode_id
from crm_graphql.core.paging import PageRequest
from crm_graphql.customers.documents import ConsentWord, Customer, CustomerChange
from crm_graphql.customers.words import ConsentStatus
from crm_graphql.delivery.documents import Delivery
from crm_graphql.orders.documents import Order
from crm_graphql.resources import Resources
from crm_graphql.timeline.queries import count_entries, timelines
from crm_graphql.timeline.sources import NEWEST_FIRST, SOURCES
from tests.consents.factories import make_topic, said
from tests.customers.edits import create, update
from tests.customers.merges import merge, order
from tests.delivery.factories import make_ledger
from tests.gql.conftest import Api
from tests.ingestion.doors import CUSTOMERS, ORDERS, apply_pending, send
from tests.profiling import documents_examined, profiled

ASK = """query ($by: CustomerRef!) { customer(by: $by) { timeline {
  totalCount nodes { id at actor kind title subject { __typename id } } } } }"""
ASK_KINDS = """query ($by: CustomerRef!, $kinds: [TimelineKind!]) { customer(by: $by) {
  timeline(kinds: $kinds) { totalCount nodes { kind title } } } }"""
NOON = datetime(2024, 1, 1, 12, tzinfo=UTC)


async def test_what_happened_is_told_newest_first(api: Api) -> None:
    resources = api.resources
    made = await create(resources, "a", name="Ada")
    await create(resources, "b", city="Rome")
    await send(resources, ORDERS, [order("o1", "a", "12.5"), order("o2", "a", "-2", 2)])
    await apply_pending(resources)
    await said(resources, made["_id"], await make_topic(resources), ConsentStatus.UNSUBSCRIBED, source="form")
    _, (delivery, _) = await make_ledger(2)
    await Delivery.get_pymongo_collection().update_one(
        {"_id": ObjectId(delivery)},
        {"$set": {"customer_id": made["_id"], "opened_at": NOON, "clicked_at": NOON + timedelta(seconds=5)}},
    )
    await send(resources, CUSTOMERS, [{"external_id": "a", "name": "Ada L", "country": "GB"}])
    await apply_pending(resources)
    await merge(resources, "a", "b")
    found = (await api.data(ASK, {"by": {"externalId": "a"}}))["customer"]["timeline"]
    rows = {(one["kind"], one["title"], one["actor"]) for one in found["nodes"]}
    for kinds in (["MERGE"], ["CHANGE"], ["ORDER", "CONSENT"], ["DELIVERY", "MERGE"], ["OPEN"], []):
        few = (await api.data(ASK_KINDS, {"by": {"externalId": "a"}, "kinds": kinds}))["customer"]["timeline"]
        theirs = [one["title"] for one in found["nodes"] if not kinds or one["kind"] in kinds]
        assert ([one["title"] for one in few["nodes"]], few["totalCount"]) == (theirs, len(theirs)), kinds
    assert rows == {
        ("MERGE", "Merged with b.", "mia@example.com"),
        ("CHANGE", "Changed country and name.", "import"),
        ("CHANGE", "Changed name.", "mia@example.com"),
        ("CHANGE", "Changed city.", "mia@example.com"),
        ("CONSENT", 'Said no to "News" by email (form).', None),
        ("DELIVERY", 'The email "Campaign" waits to be sent.', None),
        ("OPEN", 'Opened the email "Campaign".', None),
        ("CLICK", 'Followed a link in the email "Campaign".', None),
        ("ORDER", "Ordered for 12.50 USD (o1).", None),
        ("ORDER", "Got back 2.00 USD (o2).", None),
    }
    assert found["totalCount"] == len(found["nodes"]) == len({one["id"] for one in found["nodes"]}) == 10
    moments = [datetime.fromisoformat(one["at"]) for one in found["nodes"]]
    assert moments == sorted(moments, reverse=True)
    assert (found["nodes"][0]["kind"], found["nodes"][-1]["title"][:7]) == ("MERGE", "Ordered")
    subjects = {one["kind"]: one["subject"] for one in found["nodes"]}
    assert (
        subjects["DELIVERY"]
        == subjects["OPEN"]
        == subjects["CLICK"]
        == {"__typename": "Delivery", "id": encode_id("Delivery", delivery)}
    )
    assert subjects["ORDER"]["__typename"] == "Order"
    assert subjects["CHANGE"] is subjects["CONSENT"] is subjects["MERGE"] is None


async def _fill(customers: list[ObjectId], each: int, rng: random.Random) -> None:
    """Entries of all kinds, many of one moment."""
    for customer in customers:
        for number in range(each):
            moment = NOON + timedelta(seconds=rng.randrange(each // 3), milliseconds=rng.choice([0, 0, 250]))
            place = {"customer_id": customer, "at": moment}
            key = int(moment.timestamp()).to_bytes(4, "big") + rng.randbytes(8)
            await Order.get_pymongo_collection().insert_one(
                {"customer_id": customer, "ordered_at": moment, "external_id": f"{customer}-{number}"}
            )
            await Delivery.get_pymongo_collection().insert_one(
                {
                    "_id": ObjectId(key),
                    "customer_id": customer,
                    "campaign_id": ObjectId(),
                    "number": number,
                    "opened_at": moment if number % 3 == 0 else None,
                    "clicked_at": moment if number % 4 == 0 else None,
                }
            )
            await ConsentWord.get_pymongo_collection().insert_one({**place, "source": f"{number}"})
            await CustomerChange.get_pymongo_collection().insert_one({**place, "changes": []})


def _keys(rows: Any) -> list[tuple[int, ObjectId]]:
    return [(row["rank"], row["_id"]) for row in rows]


async def test_pages_of_any_size_both_ways_hold_each_entry_once(resources: Resources) -> None:
    rng = random.Random(3)
    alone, first, second = (ObjectId() for _ in range(3))
    await _fill([alone, first, second], 12, rng)
    for parents in ({alone: (alone,)}, {first: (first, second)}, {alone: (alone,), first: (first, second)}):
        for customer, keys in parents.items():
            whole = (await timelines(parents, PageRequest(200), frozenset()))[customer].rows
            assert len(whole) == await count_entries(*[keys]) == 55 * len(keys)
            places = [tuple(NEWEST_FIRST.values(row)) for row in whole]
            assert places == sorted(places, reverse=True)
            for size in (1, 5, 7):
                seen: list[Any] = []
                cursor = None
                while True:
                    page = (await timelines(parents, PageRequest(size, cursor), frozenset()))[customer]
                    seen += page.rows
                    if not page.has_next:
                        break
                    cursor = tuple(NEWEST_FIRST.values(page.rows[-1]))
                assert _keys(seen) == _keys(whole)
            for index in (1, 7, len(whole) - 1):
                asked = PageRequest(5, places[index], backward=True)
                page = (await timelines(parents, asked, frozenset()))[customer]
                assert _keys(page.rows) == _keys(whole[max(0, index - 5) : index])


async def test_moments_beyond_what_ids_can_tell_are_in_their_place(resources: Resources) -> None:
    customer = ObjectId()
    moments = [datetime(1, 1, 1, tzinfo=UTC), NOON, datetime(9999, 1, 1, tzinfo=UTC)]
    await Order.get_pymongo_collection().insert_many(
        [{"customer_id": customer, "ordered_at": moment, "external_id": str(moment)} for moment in moments]
    )
    await Delivery.get_pymongo_collection().insert_one(
        {"customer_id": customer, "campaign_id": ObjectId(), "number": 1}
    )
    cursor, seen = None, []
    for _ in range(4):
        page = (await timelines({customer: (customer,)}, PageRequest(1, cursor), frozenset()))[customer]
        seen.append(page.rows[0]["rank"])
        cursor = tuple(NEWEST_FIRST.values(page.rows[0]))
    assert seen == [0, 1, 0, 0]
    assert not page.has_next


async def test_a_page_reads_each_source_by_its_index_at_any_depth(resources: Resources) -> None:
    customers = [ObjectId() for _ in range(3)]
    await _fill(customers, 60, random.Random(4))
    parents = {customers[0]: customers[:2]}
    deep = None
    for _ in range(30):
        page = (await timelines(parents, PageRequest(10, deep), frozenset()))[customers[0]]
        deep = tuple(NEWEST_FIRST.values(page.rows[-1]))
    for asked in ({customers[2]: (customers[2],)}, parents, {key: (key,) for key in customers}):
        for cursor in (None, deep):
            async with profiled(resources.database) as commands:
                await timelines(asked, PageRequest(10, cursor), frozenset())
            plans = {one.get("planSummary", "") for one in commands}
            assert "COLLSCAN" not in plans, plans
            assert not any(one.get("hasSortStage") for one in commands)
            # Eleven of each source and customer, and the ties of a moment.
            assert sum(documents_examined(commands).values()) <= len(SOURCES) * 3 * 30
            assert all(one.get("keysExamined", 0) <= 3 * 40 for one in commands)


async def test_who_may_not_read_campaigns_sees_no_delivery_as_subject(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ROLE_PERMISSIONS, Role.VIEWER, frozenset({Permission.CUSTOMERS_READ}))
    made = await create(api.resources, "a")
    _, (delivery,) = await make_ledger(1)
    await Delivery.get_pymongo_collection().update_one(
        {"_id": ObjectId(delivery)},
        {"$set": {"customer_id": made["_id"], "opened_at": NOON, "clicked_at": NOON + timedelta(seconds=5)}},
    )
    await send(api.resources, ORDERS, [order("o1", "a")])
    await apply_pending(api.resources)
    shown = []
    for role in (Role.ADMIN, Role.VIEWER):
        body = await api.ask(ASK, {"by": {"externalId": "a"}}, role=role)
        nodes = body["data"]["customer"]["timeline"]["nodes"]
        shown.append([one["subject"] and one["subject"]["__typename"] for one in nodes])
    assert shown == [["Delivery"] * 3 + ["Order"], [None] * 3 + ["Order"]]


async def test_a_former_customers_entries_stay_in_the_survivors_timeline(api: Api) -> None:
    resources = api.resources
    await create(resources, "a")
    await create(resources, "b", city="Rome")
    await update(resources, "b", city="Oslo")
    await merge(resources, "a", "b")
    found = (await api.data(ASK, {"by": {"externalId": "b"}}))["customer"]["timeline"]["nodes"]
    assert [one["title"] for one in found] == ["Merged with b.", "Changed city.", "Changed city."]
    assert await Customer.get_pymongo_collection().count_documents({}) == 1
