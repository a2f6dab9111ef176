"""Two customers made one: what becomes of their values, totals, orders, words and keys."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
from bson import ObjectId

from crm_graphql.core.errors import AlreadyExists, DomainError, InvalidInput, LimitExceeded, NotFound
from crm_graphql.core.money import to_units
from crm_graphql.customers.documents import ConsentWord, Customer, CustomerChange, MergedCustomer
from crm_graphql.customers.queries import find_customer
from crm_graphql.customers.words import ConsentStatus
from crm_graphql.merging import service
from crm_graphql.orders.documents import Order
from crm_graphql.resources import Resources
from tests.consents.factories import close, make_topic, said
from tests.customers.edits import create, history, stored, update
from tests.customers.merges import assert_totals, merge, order, reference
from tests.customers.test_erasing import erase
from tests.ingestion.doors import CUSTOMERS, ORDERS, apply_pending, figures, send


async def fill(resources: Resources, *records: dict[str, Any]) -> None:
    await send(resources, ORDERS, list(records))
    await apply_pending(resources)


async def test_values_of_the_survivor_hold_and_what_it_lacks_comes_from_the_other(
    resources: Resources,
) -> None:
    await create(resources, "a", name="Ada", tags=["VIP", "old"])
    other = await create(resources, "b", name="Ida", email="Ida@example.com", tags=["vip", "new"])
    row = await merge(resources, "a", "b")
    assert [row[field] for field in ("name", "email", "tags")] == [
        "Ada",
        "Ida@example.com",
        ["VIP", "old", "new"],
    ]
    assert row == await stored("a")
    assert row["folded"]["email"] == "ida@example.com"
    assert [one["external_id"] for one in row["former"]] == ["b"]
    assert row["revision"] == 2
    assert await Customer.get_pymongo_collection().count_documents({"_id": other["_id"]}) == 0
    assert await history("a") == [
        ("mia@example.com", 1, {"name": (None, "Ada"), "tags": ([], ["VIP", "old"])}),
        (
            "mia@example.com",
            2,
            {"email": (None, "Ida@example.com"), "tags": (["VIP", "old"], ["VIP", "old", "new"])},
        ),
    ]


async def test_orders_totals_and_openings_add_up(resources: Resources) -> None:
    opening: dict[str, Any] = {"total_spend": "100", "visit_count": 3, "last_visit_at": "2023-12-01"}
    await send(resources, CUSTOMERS, [{"external_id": "a"}, {"external_id": "b", **opening}])
    await fill(resources, order("o1", "a", "10", 5), order("o2", "b", "20", 2), order("o3", "b", "-4", 9))
    await merge(resources, "a", "b")
    row = await assert_totals("a", opening="100", visits=3)
    assert row["total_spend"] == to_units("126")
    assert (row["first_visit_at"], row["last_visit_at"]) == (
        datetime(2023, 12, 1, tzinfo=UTC),
        datetime(2024, 1, 5, tzinfo=UTC),
    )
    assert await Order.get_pymongo_collection().distinct("customer_id") == [row["_id"]]


async def test_openings_of_both_stay_apart_for_records_that_come_later(resources: Resources) -> None:
    await send(
        resources,
        CUSTOMERS,
        [{"external_id": "a", "total_spend": "50"}, {"external_id": "b", "total_spend": "30"}],
    )
    await apply_pending(resources)
    await merge(resources, "a", "b")
    again: list[dict[str, Any]] = [
        {"external_id": "b", "total_spend": "31", "visit_count": 1, "last_visit_at": "2024-02-02"},
        {"external_id": "a", "total_spend": "50"},
    ]
    await send(resources, CUSTOMERS, again)
    await apply_pending(resources)
    row = await assert_totals("a", opening="81", visits=1)
    assert row["last_visit_at"] == datetime(2024, 2, 2, tzinfo=UTC)
    # The only visit goes away with the opening that told of it.
    await send(
        resources,
        CUSTOMERS,
        [{"external_id": "b", "visit_count": None, "last_visit_at": None, "total_spend": None}],
    )
    await apply_pending(resources)
    row = await assert_totals("a", opening="50")
    assert row["last_visit_at"] is None


async def test_what_comes_later_under_the_former_id_is_the_survivors(resources: Resources) -> None:
    await create(resources, "a", name="Ada")
    other = await create(resources, "b", city="Rome")
    await fill(resources, order("o1", "b", "10", 5))
    await merge(resources, "a", "b")
    ingestion = await send(resources, CUSTOMERS, [{"external_id": "b", "name": "Bea", "email": "b@x.org"}])
    await fill(resources, order("o1", "b", "11", 6), order("o2", "b", "1", 9), order("o3", "a", "2", 1))
    assert await figures(ingestion) == (0, 1, 0, 0)
    row = await assert_totals("a")
    assert [row[field] for field in ("name", "email", "city")] == ["Bea", "b@x.org", "Rome"]
    assert row["total_spend"] == to_units("14")
    assert await Customer.get_pymongo_collection().count_documents({}) == 1
    edited = await update(resources, "b", city="Oslo")
    assert (edited["_id"], edited["city"]) == (row["_id"], "Oslo")
    for key in ("b", other["_id"]):
        found = await find_customer(reference(key), fields={"city": 1})
        assert found == {"_id": row["_id"], "city": "Oslo"}
    with pytest.raises(AlreadyExists, match="leads to another"):
        await create(resources, "b")


async def test_an_extreme_that_goes_away_is_found_among_orders_that_have_not_moved(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    await fill(resources, order("o1", "a", "10", 5), order("o2", "b", "20", 2), order("o3", "b", "30", 9))
    monkeypatch.setattr(service, "move_all", _nothing)
    await merge(resources, "a", "b")
    assert len(await Order.get_pymongo_collection().distinct("customer_id")) == 2
    ingestion = await send(resources, ORDERS, [order("o2", "b", "20", 2), order("o3", "a", "30", 4)])
    await apply_pending(resources)
    assert await figures(ingestion) == (0, 1, 1, 0)
    row = await assert_totals("a")
    assert row["last_visit_at"] == datetime(2024, 1, 5, tzinfo=UTC)


async def _nothing(*_: Any, **__: Any) -> bool:
    return False


async def test_what_was_sent_in_before_the_merge_overwrites_nothing_and_fills_what_is_unset(
    resources: Resources,
) -> None:
    await create(resources, "a", name="Ada")
    await create(resources, "b", email="b@example.com")
    late = [
        {"external_id": "b", "name": "Bea", "city": "Rome"},
        {"external_id": "a", "email": "a@example.com", "country": "IT"},
    ]
    await send(resources, CUSTOMERS, late)
    await merge(resources, "a", "b")
    await apply_pending(resources)
    row = await stored("a")
    assert [row[field] for field in ("name", "email", "city", "country")] == [
        "Ada",
        "b@example.com",
        "Rome",
        "IT",
    ]


async def test_of_words_the_newest_counts_and_all_are_kept(resources: Resources) -> None:
    mine, theirs = await create(resources, "a"), await create(resources, "b")
    topic = await make_topic(resources)
    await said(resources, mine["_id"], topic, ConsentStatus.SUBSCRIBED)
    await said(resources, theirs["_id"], topic, ConsentStatus.UNSUBSCRIBED)
    row = await merge(resources, "a", "b")
    assert [word["status"] for word in row["consents"]] == ["UNSUBSCRIBED"]
    words = await ConsentWord.get_pymongo_collection().find().to_list()
    assert [word["customer_id"] for word in words] == [row["_id"]] * 2


async def test_an_address_that_is_taken_over_stays_closed(resources: Resources) -> None:
    await create(resources, "a")
    await create(resources, "b", email="b@example.com")
    await close(resources, "b@example.com")
    assert (await merge(resources, "a", "b"))["suppressed"] == ["EMAIL"]


async def test_chains_lead_to_their_end(resources: Resources) -> None:
    for key in "abc":
        await create(resources, key)
    await fill(resources, *(order(f"o{key}", key, "1") for key in "abc"))
    await merge(resources, "b", "a")
    await merge(resources, "c", "b")
    await fill(resources, order("late", "a", "1", 20))
    row = await assert_totals("c")
    assert row["total_spend"] == to_units("4")
    assert sorted(one["external_id"] for one in row["former"]) == ["a", "b"]
    assert sorted(row["folded"]["former_ids"]) == ["a", "b"]
    assert await MergedCustomer.get_pymongo_collection().distinct("customer_id") == [row["_id"]]


async def test_circles_and_merges_with_oneself_are_refused(resources: Resources) -> None:
    for key in "abc":
        await create(resources, key)
    with pytest.raises(InvalidInput, match="with itself"):
        await merge(resources, "a", "a")
    await merge(resources, "c", "a")
    with pytest.raises(InvalidInput, match="the same customer already"):
        await merge(resources, "a", "c")
    await merge(resources, "c", "b")
    with pytest.raises(InvalidInput, match="the same customer already"):
        await merge(resources, "a", "b")


async def test_a_merge_that_is_asked_again_changes_nothing(resources: Resources) -> None:
    await create(resources, "a")
    other = await create(resources, "b")
    once = await merge(resources, "a", "b")
    assert await merge(resources, "a", "b") == once
    assert await merge(resources, "a", other["_id"]) == once
    assert await CustomerChange.get_pymongo_collection().count_documents({"merged": {"$ne": None}}) == 1


async def test_who_is_not_there_or_was_erased_cannot_be_merged(resources: Resources) -> None:
    await create(resources, "a")
    await create(resources, "gone")
    key = await erase(resources, "gone")
    for into, other, path in (
        ("a", "gone", "from"),
        ("gone", "a", "into"),
        ("a", key, "from"),
        ("x", "a", "into"),
    ):
        with pytest.raises(NotFound) as caught:
            await merge(resources, into, other)
        assert caught.value.problems[0].path == (path,)


async def test_more_than_a_customer_bears_is_refused_whole(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    await create(resources, "a", tags=[f"a{number}" for number in range(60)])
    await create(resources, "b", tags=[f"b{number}" for number in range(60)])
    with pytest.raises(LimitExceeded, match="100 tags"):
        await merge(resources, "a", "b")
    monkeypatch.setattr(service, "FORMER_LIMIT", 1)
    for key in "cde":
        await create(resources, key)
    await merge(resources, "c", "d")
    with pytest.raises(LimitExceeded, match="At most 1"):
        await merge(resources, "c", "e")
    assert len(await Customer.get_pymongo_collection().distinct("external_id")) == 4


async def test_two_merges_at_once_end_in_one_state(resources: Resources) -> None:
    for key in "abc":
        await create(resources, key)
    await fill(resources, *(order(f"o{key}", key, "1") for key in "abc"))
    pairs = [("a", "b"), ("b", "a"), ("a", "b"), ("c", "a"), ("b", "c")]
    outcomes = await asyncio.gather(*(merge(resources, *pair) for pair in pairs), return_exceptions=True)
    assert all(isinstance(outcome, dict | DomainError) for outcome in outcomes), outcomes
    (row,) = await Customer.get_pymongo_collection().find().to_list()
    assert sorted([row["external_id"], *(one["external_id"] for one in row["former"])]) == ["a", "b", "c"]
    assert (await assert_totals(row["external_id"]))["total_spend"] == to_units("3")
    merged = await MergedCustomer.get_pymongo_collection().find().to_list()
    assert {one["customer_id"] for one in merged} == {row["_id"]}
    assert len(merged) == 2


async def test_erasing_the_survivor_erases_all_whom_it_was(resources: Resources) -> None:
    made = {key: (await create(resources, key, email=f"{key}@example.com"))["_id"] for key in "abc"}
    topic = await make_topic(resources)
    await said(resources, made["b"], topic, ConsentStatus.SUBSCRIBED)
    await merge(resources, "b", "c")
    await merge(resources, "a", "b")
    assert await erase(resources, "c") == made["a"]
    assert await ConsentWord.get_pymongo_collection().count_documents({}) == 0
    assert await CustomerChange.get_pymongo_collection().count_documents({}) == 0
    assert await MergedCustomer.get_pymongo_collection().count_documents({}) == 0
    await send(resources, CUSTOMERS, [{"external_id": key, "name": "Back"} for key in "abc"])
    await fill(resources, *(order(f"o{key}", key) for key in "abc"))
    assert await Customer.get_pymongo_collection().count_documents({}) == 0
    for key in "abc":
        with pytest.raises(AlreadyExists):
            await create(resources, key)
        assert await erase(resources, key) == made[key]


async def test_a_key_of_an_unknown_customer_is_nobodys(resources: Resources) -> None:
    await create(resources, "a")
    with pytest.raises(NotFound):
        await merge(resources, "a", ObjectId())
