"""Custom fields and metadata when two customers become one: the survivor keeps its own, and gets the rest."""

from __future__ import annotations

from typing import Any

import pytest

from crm_graphql.customers.metadata import KEYS, shown_metadata
from crm_graphql.resources import Resources
from tests.custom_fields.factories import TEXT, make_field
from tests.custom_fields.test_ingestion import take, values
from tests.customers.edits import create, history, stored, update
from tests.customers.merges import merge
from tests.ingestion.doors import CUSTOMERS, BodyFormat, apply_pending, stream


async def test_each_key_is_the_survivors_where_it_has_one(resources: Resources) -> None:
    for key in ("points", "rank"):
        await make_field(key)
    await make_field("note", TEXT)
    await create(resources, "a", custom_fields={"points": 1}, metadata={"x": 1, "y": [1]})
    await create(resources, "b", custom_fields={"points": 2, "note": "Hello"}, metadata={"x": 2, "z": None})
    await update(resources, "b", metadata={"z": {"deep": True}})
    row = await merge(resources, "a", "b")
    assert row == await stored("a")
    assert await values("a") == {"points": 1, "note": "Hello"}
    assert {slot.rpartition("_")[0]: value for slot, value in row["folded"]["custom"].items()} == {
        "points": 1,
        "note": "hello",
    }
    assert shown_metadata(row["metadata"]) == {"x": 1, "y": [1], "z": {"deep": True}}
    assert (await history("a"))[-1][2] == {
        "custom.note": (None, "Hello"),
        "metadata.z": (None, '{"deep":true}'),
    }


@pytest.mark.parametrize("key", ["a", "b"])
async def test_a_file_that_was_sent_in_before_the_merge_undoes_none_of_it(
    resources: Resources, key: str
) -> None:
    for name in ("points", "rank"):
        await make_field(name)
    await create(resources, "a", custom_fields={"points": 1})
    await create(resources, "b", custom_fields={"points": 2})
    body = f'{{"external_id": "{key}", "custom.points": 9, "custom.rank": 7}}\n'
    await stream(resources, CUSTOMERS, body, format=BodyFormat.NDJSON)
    await merge(resources, "a", "b")
    await apply_pending(resources)
    assert await values("a") == {"points": 1, "rank": 7}
    await take(resources, body, format=BodyFormat.NDJSON)
    assert await values("a") == {"points": 9, "rank": 7}


async def test_metadata_of_both_together_stays_within_its_bounds(resources: Resources) -> None:
    def keys(letter: str) -> dict[str, Any]:
        return {f"{letter}{number}": number for number in range(KEYS)}

    await create(resources, "a", metadata=keys("a"))
    await create(resources, "b", metadata=keys("b"))
    row = await merge(resources, "a", "b")
    assert shown_metadata(row["metadata"]) == keys("a")
