"""Customers made and edited by people: checked as imports check, versioned among them, with a history."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from crm_graphql.core.actor import Actor, Role
from crm_graphql.core.errors import AlreadyExists, Conflict, Forbidden, InvalidInput, NotFound
from crm_graphql.customers import service
from crm_graphql.customers.derived import folded_copy, reach_of
from crm_graphql.customers.documents import Customer, CustomerChange
from crm_graphql.resources import Resources
from tests.consents.factories import close
from tests.customers import edits
from tests.customers.edits import create, history, stored, update
from tests.ingestion.doors import CUSTOMERS, ORDERS, apply_pending, send

FIELDS: dict[str, Any] = {
    "name": "Ada Lovelace",
    "email": "Ada@Example.com",
    "phone": "+49 30 123456",
    "tags": ["vip", "vip"],
}


def assert_derived(row: dict[str, Any]) -> None:
    """What rules and search compare is what it would be made of the customer as it stands."""
    assert row["folded"] == folded_copy(row)
    assert row["reach"] == reach_of(row)


async def test_a_customer_is_made_as_an_import_makes_one(resources: Resources) -> None:
    await close(resources, "ada@example.com")
    made = await create(resources, " 007 ", country="Germany", **FIELDS)
    row = await stored("007")
    assert row == made | {"updated_at": row["updated_at"], "created_at": row["created_at"]}
    assert (row["email"], row["phone"], row["country"]) == ("Ada@Example.com", "+4930123456", "DE")
    assert (row["tags"], row["suppressed"], row["revision"]) == (["vip"], ["EMAIL"], 1)
    assert_derived(row)
    ((actor, revision, changes),) = await history("007")
    assert (actor, revision, changes["name"]) == ("mia@example.com", 1, (None, "Ada Lovelace"))


async def test_without_an_external_id_one_is_made(resources: Resources) -> None:
    first, second = await create(resources, name="Ada"), await create(resources)
    assert first["external_id"] == f"crm:{first['_id']}"
    assert second["external_id"] == f"crm:{second['_id']}"


async def test_an_external_id_is_taken_once(resources: Resources) -> None:
    await create(resources, "c1", name="Ada")
    with pytest.raises(AlreadyExists, match="Another customer has this external id"):
        await create(resources, "c1", name="Bob")
    assert (await stored("c1"))["name"] == "Ada"


async def test_of_two_creates_with_one_id_at_once_one_is_told_so(resources: Resources) -> None:
    for number in range(10):
        outcomes = await asyncio.gather(
            *(create(resources, f"c{number}", name=name) for name in ("Ada", "Bob")), return_exceptions=True
        )
        (refused,) = [one for one in outcomes if isinstance(one, BaseException)]
        assert isinstance(refused, AlreadyExists)
    assert await Customer.get_pymongo_collection().count_documents({}) == 10
    assert await CustomerChange.get_pymongo_collection().count_documents({}) == 10


async def test_an_edit_changes_only_what_it_names_and_null_clears(resources: Resources) -> None:
    await create(resources, "c1", city="Rome", **FIELDS)
    row = await update(resources, "c1", email=None, tags=None, name="Ada King")
    assert (row["name"], row["email"], row["tags"], row["city"]) == ("Ada King", None, [], "Rome")
    assert row["revision"] == 2
    assert_derived(await stored("c1"))
    assert (await history("c1"))[-1] == (
        "mia@example.com",
        2,
        {"name": ("Ada Lovelace", "Ada King"), "email": ("Ada@Example.com", None), "tags": (["vip"], [])},
    )


async def test_a_new_address_is_marked_where_it_is_suppressed(resources: Resources) -> None:
    await close(resources, "gone@example.com")
    await create(resources, "c1", email="here@example.com")
    row = await update(resources, "c1", email="Gone@example.com")
    assert row["suppressed"] == ["EMAIL"]
    assert_derived(row)
    again = await update(resources, "c1", email="here@example.com")
    assert again["suppressed"] == []
    assert_derived(again)


async def test_an_edit_that_changes_nothing_is_no_change(resources: Resources) -> None:
    before = await create(resources, "c1", **FIELDS)
    row = await update(resources, "c1", **FIELDS)
    assert (row["revision"], row["updated_at"]) == (1, before["updated_at"])
    assert len(await history("c1")) == 1


async def test_all_faults_of_an_edit_are_told_at_once(resources: Resources) -> None:
    await create(resources, "c1")
    with pytest.raises(InvalidInput) as refused:
        await update(
            resources, "c1", name="x" * 501, email="nobody", phone="n/a", tags=["x" * 101], city="a\x00"
        )
    assert {problem.path for problem in refused.value.problems} == {
        *(("name",), ("email",), ("phone",), ("tags",), ("city",)),
    }
    with pytest.raises(InvalidInput) as refused:
        await create(resources, "1E+05", email="nobody")
    assert [problem.path for problem in refused.value.problems] == [("email",), ("externalId",)]


async def test_an_edit_of_somebody_unknown_is_told_so(resources: Resources) -> None:
    with pytest.raises(NotFound) as refused:
        await update(resources, "nobody", name="Ada")
    assert refused.value.problems[0].path == ("customer",)


async def test_a_viewer_edits_nobody(resources: Resources, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edits, "MARKETER", Actor(Role.VIEWER, "viewer"))
    for call in (create(resources, "c1"), update(resources, "c1", name="Ada")):
        with pytest.raises(Forbidden):
            await call


async def test_who_edits_what_another_has_edited_is_told_what(resources: Resources) -> None:
    await create(resources, "c1", name="Ada")
    await update(resources, "c1", expected=1, city="Rome")
    with pytest.raises(Conflict, match=r"city \(by mia@example.com\)") as refused:
        await update(resources, "c1", expected=1, name="Ida")
    assert refused.value.problems[0].path == ("expectedRevision",)
    assert (await stored("c1"))["name"] == "Ada"
    assert (await update(resources, "c1", expected=2, name="Ida"))["revision"] == 3


async def test_of_two_edits_at_once_one_is_a_conflict(resources: Resources) -> None:
    await create(resources, "c1", name="Ada")
    for revision in range(1, 11):
        outcomes = await asyncio.gather(
            *(update(resources, "c1", expected=revision, name=f"{name} {revision}") for name in "AB"),
            return_exceptions=True,
        )
        (refused,) = [one for one in outcomes if isinstance(one, BaseException)]
        assert isinstance(refused, Conflict)
        assert "name (by mia@example.com)" in str(refused)
    assert (await stored("c1"))["revision"] == 11


async def test_of_two_edits_of_different_fields_at_once_both_hold(resources: Resources) -> None:
    await create(resources, "c1")
    for number in range(10):
        row: dict[str, Any] = {"name": f"Name {number}", "city": f"City {number}"}
        await asyncio.gather(*(update(resources, "c1", **{field: value}) for field, value in row.items()))
        after = await stored("c1")
        assert {field: after[field] for field in row} == row
        assert_derived(after)
    assert (await stored("c1"))["revision"] == 20
    assert [revision for _, revision, _ in await history("c1")] == list(range(1, 21))


async def test_an_edit_wins_over_what_is_stored_however_slow_it_was(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its number is drawn once the customer was read: another edit in between is not newer than it."""
    await create(resources, "c1", name="Ada")
    whole, waited = service._drafts_of, False

    async def slow(references: Any, session: Any) -> Any:
        nonlocal waited
        if not waited:
            waited = True
            await update(resources, "c1", name="Quick")
        return await whole(references, session)

    monkeypatch.setattr(service, "_drafts_of", slow)
    assert (await update(resources, "c1", name="Slow"))["name"] == "Slow"


async def test_an_older_file_that_comes_later_does_not_undo_an_edit(resources: Resources) -> None:
    await create(resources, "c1", name="Ada", city="Rome")
    await send(resources, CUSTOMERS, [{"external_id": "c1", "name": "Old", "city": None}])
    await update(resources, "c1", name="Edited")
    await apply_pending(resources)
    row = await stored("c1")
    assert (row["name"], row["city"], row["revision"]) == ("Edited", None, 3)


async def test_a_newer_file_overwrites_an_edit(resources: Resources) -> None:
    await create(resources, "c1", name="Ada")
    await update(resources, "c1", name="Edited", city="Rome")
    await send(resources, CUSTOMERS, [{"external_id": "c1", "name": "New"}])
    await apply_pending(resources)
    row = await stored("c1")
    assert (row["name"], row["city"], row["revision"]) == ("New", "Rome", 3)
    assert (await history("c1"))[-1] == ("import", 3, {"name": ("Edited", "New")})


async def test_imports_move_the_revision_and_orders_do_not(resources: Resources) -> None:
    await send(resources, CUSTOMERS, [{"external_id": "c1", "name": "Ada", "visit_count": 3}])
    await apply_pending(resources)
    assert (await stored("c1"))["revision"] == 1
    order = {"external_id": "o1", "customer_external_id": "c1", "amount": "5", "ordered_at": "2024-01-01"}
    await send(resources, ORDERS, [order])
    await send(resources, CUSTOMERS, [{"external_id": "c1", "visit_count": 4}])
    await apply_pending(resources)
    row = await stored("c1")
    assert (row["revision"], row["visit_count"]) == (1, 5)
    assert await history("c1") == []


async def test_the_history_cuts_what_is_long(resources: Resources) -> None:
    await create(resources, "c1", name="x" * 500, tags=[f"tag {number}" for number in range(100)])
    ((_, _, changes),) = await history("c1")
    assert changes["name"] == (None, "x" * 200)
    assert len(changes["tags"][1]) == 20
