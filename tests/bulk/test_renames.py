"""Tags that get another name, or none, everywhere: beside imports that bring the old one."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from crm_graphql.bulk import worker as worker_module
from crm_graphql.bulk.service import delete_tag, rename_tag
from crm_graphql.core.errors import InvalidInput, NotFound
from crm_graphql.customers.documents import Customer, LabelCount
from crm_graphql.resources import Resources
from tests.bulk.factories import MARKETER, assert_counted, finish, ingest, people, tags_of, worker_over


async def rename(resources: Resources, tag: str, to: str) -> dict[str, Any]:
    """A rename, to its end."""
    row = await rename_tag(MARKETER, tag, to, worker=worker_over(resources))
    return await finish(resources, row["_id"])


async def test_a_tag_is_renamed_for_everybody(resources: Resources) -> None:
    await people(30, tags=lambda number: ["Gold", "x"] if number % 3 == 0 else ["x"])
    ended = await rename(resources, "GOLD", "Platinum")
    assert (ended["status"], ended["matched"], ended["done"]) == ("COMPLETED", 10, 10)
    assert await tags_of("C0000") == ["Platinum", "x"]
    assert await assert_counted(resources) == {"tag:platinum": 10, "tag:x": 30}


async def test_renamed_onto_a_tag_that_is_there_both_become_one(resources: Resources) -> None:
    await people(4, tags=lambda number: [["old"], ["new"], ["new", "old"], ["x"]][number])
    await rename(resources, "old", "New")
    assert [await tags_of(f"C000{number}") for number in range(4)] == [["New"], ["new"], ["New"], ["x"]]
    assert await assert_counted(resources) == {"tag:new": 3, "tag:x": 1}
    row: Any = await LabelCount.get_pymongo_collection().find_one({"_id": "tag:new"})
    assert row["name"] == "New"


async def test_a_tag_can_change_its_letters_alone(resources: Resources) -> None:
    await people(3, tags=["vip"])
    await rename(resources, "vip", "VIP")
    assert await tags_of("C0002") == ["VIP"]
    assert await assert_counted(resources) == {"tag:vip": 3}
    with pytest.raises(InvalidInput, match='called "VIP" already'):
        await rename_tag(MARKETER, "vip", "VIP", worker=worker_over(resources))


async def test_a_deleted_tag_is_nobodys(resources: Resources) -> None:
    await people(5, tags=lambda number: ["Gone", "x"] if number else ["x"])
    row = await delete_tag(MARKETER, "gone", worker=worker_over(resources))
    assert (await finish(resources, row["_id"]))["done"] == 4
    assert await assert_counted(resources) == {"tag:x": 5}
    with pytest.raises(NotFound):
        await delete_tag(MARKETER, "gone", worker=worker_over(resources))


async def test_a_file_that_began_before_brings_the_new_name(resources: Resources) -> None:
    await resources.database.counters.insert_one({"_id": "ingestions", "value": 7})
    await people(2, tags=["old"])
    await rename(resources, "old", "new")
    await ingest(resources, 7, C0009=["Old", "y"])
    assert await tags_of("C0009") == ["new", "y"]
    await ingest(resources, 7, C0000=["Old"])
    assert await tags_of("C0000") == ["new"]
    await ingest(resources, 9, C0001=["Old"])
    assert await tags_of("C0001") == ["Old"]
    assert await assert_counted(resources) == {"tag:new": 2, "tag:y": 1, "tag:old": 1}


async def test_of_several_renames_the_later_follows_the_earlier(resources: Resources) -> None:
    await people(1, tags=["a"])
    await rename(resources, "a", "b")
    await rename(resources, "b", "c")
    await ingest(resources, 0, C0009=["A"])
    assert await tags_of("C0009") == ["c"]


async def test_an_import_of_the_same_customers_at_that_moment_leaves_no_old_name(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its transaction began before the rename and does not see it; it ends after the rename has passed."""
    monkeypatch.setattr(worker_module, "PAGE_CUSTOMERS", 10)
    await people(25, tags=["old"])
    row = await rename_tag(MARKETER, "old", "new", worker=worker_over(resources))
    await Customer.get_pymongo_collection().insert_one(
        {**await _somebody(), "external_id": "late", "tags": ["old"]}
    )
    worker = worker_over(resources)
    await worker.work(row["_id"])
    first = await Customer.get_pymongo_collection().find_one_and_update(
        {"external_id": "C0001"}, {"$set": {"tags": ["old"], "folded.tags": ["old"], "versions": {"tags": 2}}}
    )
    assert first is not None
    assert first["tags"] == ["new"]
    await asyncio.sleep(0.06)
    await finish(resources, row["_id"])
    assert await Customer.get_pymongo_collection().count_documents({"folded.tags": "old"}) == 0


async def _somebody() -> dict[str, Any]:
    row: dict[str, Any] | None = await Customer.get_pymongo_collection().find_one({}, {"_id": 0})
    assert row is not None
    return row


async def test_renames_and_imports_at_once_leave_every_customer_with_the_new_name(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_module, "PAGE_CUSTOMERS", 10)
    await resources.database.counters.insert_one({"_id": "ingestions", "value": 5})
    await people(60, tags=["old"])
    row = await rename_tag(MARKETER, "old", "new", worker=worker_over(resources))

    async def import_all() -> None:
        for number in range(0, 120, 12):
            await ingest(resources, 5, **{f"C{key:04d}": ["old", "x"] for key in range(number, number + 12)})

    await asyncio.gather(import_all(), finish(resources, row["_id"]))
    await finish(resources, row["_id"])
    found = await assert_counted(resources)
    assert found["tag:new"] == 120
    assert "tag:old" not in found
