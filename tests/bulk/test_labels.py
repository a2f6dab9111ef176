"""Counts of tags and groups: exact after whatever changes them, and asked without a look at customers."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import pytest

from crm_graphql.bulk.queries import MOST_USED_FIRST, list_tags, tags_filter
from crm_graphql.bulk.service import rename_tag
from crm_graphql.bulk.targets import Target
from crm_graphql.core.paging import PageRequest
from crm_graphql.core.versions import NUMBERS
from crm_graphql.customers.documents import Customer, LabelChanges, LabelCount
from crm_graphql.customers.labels import settle_labels
from crm_graphql.mongo.leases import next_number
from crm_graphql.resources import Resources
from tests.bulk.factories import MARKETER, assert_counted, finish, ingest, people, tag, worker_over
from tests.profiling import documents_examined, profiled


async def names(search: str | None = None, **page: Any) -> list[tuple[str, int]]:
    rows = (await list_tags(tags_filter(search), PageRequest(**page))).rows
    return [(row["name"], row["customers"]) for row in rows]


async def test_counts_follow_imports_and_bulk_work_in_any_mixture(resources: Resources) -> None:
    dice, names_ = random.Random(5), ["a", "B", "b", "c", "Dd", "e"]
    await people(10, tags=["a"])
    await assert_counted(resources)
    for number in range(2, 30):
        keys = [f"C{key:04d}" for key in dice.sample(range(15), 4)]
        version = await next_number(NUMBERS)
        await ingest(resources, version, **{key: dice.sample(names_, dice.randrange(4)) for key in keys})
        if number % 3 == 0:
            row = await tag(
                resources,
                Target(external_ids=["C0001", "C0002"]),
                add=[dice.choice(["a", "b"])],
                remove=[dice.choice(["c", "E"])],
            )
            assert row["status"] == "COMPLETED"
        if number % 5 == 0:
            await assert_counted(resources)
    row = await rename_tag(MARKETER, "a", "c", worker=worker_over(resources))
    await finish(resources, row["_id"])
    assert "tag:a" not in await assert_counted(resources)


async def test_many_that_settle_at_once_count_once(resources: Resources) -> None:
    await people(3, tags=["a"])
    await assert_counted(resources)
    for number in range(2, 12):
        await ingest(resources, number, C0000=[f"t{number}"], C0009=["a"])
    await asyncio.gather(*(settle_labels(resources.in_transaction) for _ in range(6)))
    await assert_counted(resources)
    assert await LabelChanges.count() == 0


async def test_what_a_transaction_that_failed_had_noted_counts_for_nothing(resources: Resources) -> None:
    await assert_counted(resources)
    with pytest.raises(UnicodeEncodeError):
        await ingest(resources, 2, b=["a"], c=["\ud800"])
    assert await LabelChanges.count() == 0
    assert await assert_counted(resources) == {}


async def test_the_most_used_comes_first_and_pages_go_both_ways(resources: Resources) -> None:
    await people(6, tags=lambda number: ["All", *(["some"] if number < 3 else []), f"own {number}"])
    await settle_labels(resources.in_transaction)
    own = [(f"own {number}", 1) for number in range(6)]
    assert await names() == [("All", 6), ("some", 3), *own]
    cursor = tuple(MOST_USED_FIRST.values({"customers": 1, "key": "own 1"}))
    assert await names(cursor=cursor, size=2) == own[2:4]
    assert await names(cursor=cursor, size=2, backward=True) == [("some", 3), ("own 0", 1)]
    assert await names("OWN 5") == [("own 5", 1)]


async def test_ten_thousand_tags_are_asked_as_a_few_are(resources: Resources) -> None:
    await people(200, tags=lambda number: [f"t{number}-{tag}" for tag in range(50)])
    await settle_labels(resources.in_transaction)
    assert await LabelCount.count() == 10_000
    async with profiled(resources.database) as commands:
        await settle_labels(resources.in_transaction)
        assert len(await names(size=10)) == 10
        assert await names("T7-49", size=10) == [("t7-49", 1)]
    assert not [one for one in commands if one["ns"].endswith(".customers")]
    assert sum(documents_examined(commands).values()) < 60
    row = await rename_tag(MARKETER, "t7-49", "t8-1", worker=worker_over(resources))
    assert (await finish(resources, row["_id"]))["done"] == 1
    await assert_counted(resources)


async def test_an_import_that_changes_no_tag_notes_nothing(resources: Resources) -> None:
    await people(3, tags=["a"])
    await settle_labels(resources.in_transaction)
    await ingest(resources, 5, C0000=["a"], C0001=["A"])
    assert await LabelChanges.count() == 0


async def test_customers_of_an_earlier_release_are_counted_once(resources: Resources) -> None:
    await people(3, tags=["Vip", "vip", "x"])
    await ingest(resources, 5, C0009=["x"])
    assert await assert_counted(resources) == {"tag:vip": 3, "tag:x": 4}
    await Customer.get_pymongo_collection().delete_one({"external_id": "C0009"})
    await settle_labels(resources.in_transaction)
    row: Any = await LabelCount.get_pymongo_collection().find_one({"_id": "tag:x"})
    assert row["customers"] == 4
