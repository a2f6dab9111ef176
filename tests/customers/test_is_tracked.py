"""Whether people are tracked: taken in with records, edited, kept in the history, and through merges."""

from __future__ import annotations

from typing import Any

import pytest

from crm_graphql.core.errors import InvalidInput
from crm_graphql.resources import Resources
from tests.customers.edits import create, history, stored, update
from tests.customers.merges import merge
from tests.ingestion.doors import CUSTOMERS, apply_pending, send


async def is_tracked(key: str) -> bool:
    return (await stored(key)).get("is_tracked") is not False


async def test_it_is_edited_as_any_field(resources: Resources) -> None:
    await create(resources, "c1", name="Ada", is_tracked=False)
    assert not await is_tracked("c1")
    assert (await update(resources, "c1", is_tracked=True))["is_tracked"] is True
    assert (await update(resources, "c1", is_tracked=None))["is_tracked"] is None
    assert await is_tracked("c1")
    changes = [changes["is_tracked"] for _, _, changes in await history("c1")]
    assert changes == [(None, False), (False, True), (True, None)]
    with pytest.raises(InvalidInput) as refused:
        await update(resources, "c1", is_tracked="perhaps")
    assert refused.value.problems[0].path == ("isTracked",)


async def test_records_and_files_bring_it(resources: Resources) -> None:
    given: dict[str, Any] = {"a": False, "b": "no", "c": "yes", "d": True, "e": None, "f": "perhaps"}
    records = [{"external_id": key, "name": key, "is_tracked": value} for key, value in given.items()]
    await send(resources, CUSTOMERS, [*records, {"external_id": "g", "name": "g"}])
    await apply_pending(resources)
    assert [key for key in "abcdefg" if not await is_tracked(key)] == ["a", "b"]


async def test_an_older_record_does_not_bring_back_what_a_newer_one_ended(resources: Resources) -> None:
    await send(resources, CUSTOMERS, [{"external_id": "a", "is_tracked": True}])
    await send(resources, CUSTOMERS, [{"external_id": "a", "is_tracked": False}])
    await apply_pending(resources)
    assert not await is_tracked("a")


@pytest.mark.parametrize(("mine", "others"), [(True, False), (False, True), (None, False), (False, None)])
async def test_of_two_who_become_one_the_no_of_either_holds(
    resources: Resources, mine: bool | None, others: bool | None
) -> None:
    await create(resources, "a", name="Ada", is_tracked=mine)
    await create(resources, "b", name="Ida", is_tracked=others)
    await merge(resources, "a", "b")
    assert not await is_tracked("a")


async def test_of_two_who_said_nothing_nothing_is_said(resources: Resources) -> None:
    await create(resources, "a", name="Ada")
    await create(resources, "b", name="Ida")
    await merge(resources, "a", "b")
    assert await is_tracked("a")
