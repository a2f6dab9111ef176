"""The history of bulk operations in each customer: who changed the tags, and that an edit is told of it."""

from __future__ import annotations

from typing import Any

import pytest

from crm_graphql.bulk.documents import BulkOperationKind
from crm_graphql.bulk.service import change_members
from crm_graphql.bulk.targets import Target
from crm_graphql.core.errors import Conflict
from crm_graphql.customers.documents import Customer, CustomerChange
from crm_graphql.groups.service import create_group
from crm_graphql.resources import Resources
from tests.bulk.factories import EVERYONE, MARKETER, finish, people, tag, worker_over
from tests.customers.edits import update


async def changes_of(key: str) -> list[dict[str, Any]]:
    customer = await Customer.get_pymongo_collection().find_one({"external_id": key})
    assert customer is not None
    found = CustomerChange.get_pymongo_collection().find({"customer_id": customer["_id"]}).sort("_id")
    rows = await found.to_list()
    assert all(row["revision"] <= customer["revision"] for row in rows)
    return [{name: row[name] for name in ("actor", "revision", "changes")} for row in rows]


async def test_each_customer_tells_who_changed_its_tags(resources: Resources) -> None:
    await people(3, tags=lambda number: ["a", "b"] if number else ["b"])
    row = await tag(resources, Target(rule=EVERYONE), add=["b"], remove=["a"])
    await finish(resources, row["_id"])
    # Nothing has become of the first: it was so before.
    assert await changes_of("C0000") == []
    for key in ("C0001", "C0002"):
        assert await changes_of(key) == [
            {
                "actor": "marketer",
                "revision": 1,
                "changes": [{"field": "tags", "before": ["a", "b"], "after": ["b"]}],
            }
        ]


async def test_an_edit_of_what_was_tagged_meanwhile_is_told_by_whom(resources: Resources) -> None:
    (key, *_) = await people(1)
    await tag(resources, Target(keys=[key]), add=["vip"])
    with pytest.raises(Conflict, match=r"tags \(by marketer\)"):
        await update(resources, "C0000", expected=0, name="Ada")


async def test_who_is_in_a_group_is_no_edit_of_the_customer(resources: Resources) -> None:
    (key, *_) = await people(1)
    group = await create_group(MARKETER, name="Friends", description=None, clock=resources.clock)
    await change_members(
        MARKETER,
        BulkOperationKind.GROUP_ADD,
        group["_id"],
        Target(keys=[key]),
        worker=worker_over(resources),
        settings=resources.settings,
    )
    assert await changes_of("C0000") == []
    await update(resources, "C0000", expected=0, name="Ada")
