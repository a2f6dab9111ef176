"""Saving, changing and deleting audiences; previews; sizes that stay fresh."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from bson import ObjectId

from crm_graphql.audiences.documents import Audience
from crm_graphql.audiences.queries import (
    OPTIONS_LIMIT,
    count_audiences,
    find_audience,
    get_audience,
    list_audiences,
    list_filter,
    preview_rule,
    rule_fields,
)
from crm_graphql.audiences.service import create_audience, delete_audience, update_audience
from crm_graphql.audiences.sizes import current_sizes
from crm_graphql.core.actor import Actor, Role
from crm_graphql.core.channels import Channel
from crm_graphql.core.errors import ErrorCode, Forbidden, InvalidInput, NotFound
from crm_graphql.core.paging import PageRequest, Row
from crm_graphql.core.settings import Settings
from crm_graphql.customers.documents import Customer
from crm_graphql.resources import Resources
from tests.audiences.factories import AT, customer, where
from tests.clocks import FixedClock

MARKETER = Actor(Role.MARKETER, "tester")
VIEWER = Actor(Role.VIEWER, "tester")
BIG = where("totalSpend", "GTE", 100)


def _audience(row: Row) -> Audience:
    audience: Audience = Audience.model_validate(row)
    return audience


@dataclass
class Desk:
    """Works with audiences at a fixed moment."""

    clock: FixedClock
    settings: Settings

    async def create(self, name: str = "Big spenders", rule: Any = None, **fields: Any) -> Audience:
        """A saved audience."""
        content = {"description": None, "rule": rule or BIG, **fields}
        row = await create_audience(MARKETER, name=name, clock=self.clock, settings=self.settings, **content)
        return _audience(row)

    async def update(self, key: Any, **changes: Any) -> Audience:
        """The audience after the change."""
        return _audience(
            await update_audience(MARKETER, key, changes, clock=self.clock, settings=self.settings)
        )

    async def preview(self, rule: Any, sample_size: int | None = None) -> Any:
        """What the rule would select."""
        return await preview_rule(VIEWER, rule, sample_size, clock=self.clock, settings=self.settings)

    async def size(self, key: Any) -> tuple[int | None, Any]:
        """The audience's size and its moment."""
        row = await find_audience(key)
        assert row is not None
        (size,) = await current_sizes([row], clock=self.clock, settings=self.settings)
        return size.size, size.at


@pytest.fixture
async def desk(resources: Resources) -> Desk:
    """Three customers: two of them big spenders, of whom one has an email and both have a phone."""
    await Customer.get_pymongo_collection().insert_many(
        [
            customer(
                external_id="a",
                total_spend=2_000_000,
                email="A@x.org",
                phone="+491711234567",
                country="India",
            ),
            customer(
                external_id="b",
                total_spend=1_000_000,
                phone="+491711234568",
                country="india",
                tags=["VIP", "new"],
            ),
            customer(external_id="c", email="c@x.org", country="Germany", tags=["vip"]),
        ]
    )
    return Desk(FixedClock(AT), resources.settings)


def problems_of(error: InvalidInput) -> list[tuple[tuple[str, ...], ErrorCode]]:
    """Where the problems lie, and their codes."""
    return [(problem.path, problem.code) for problem in error.problems]


async def test_a_saved_audience_has_its_size_at_once(desk: Desk) -> None:
    made = await desk.create("  Big spenders  ", description=" Who pay ")
    assert (made.name, made.description, made.rule) == ("Big spenders", "Who pay", BIG)
    assert (made.size, made.size_at) == (2, AT)
    row = await get_audience(VIEWER, ObjectId(str(made.id)))
    assert row is not None
    assert _audience(row) == made


async def test_every_problem_of_an_audience_is_reported_at_once(desk: Desk) -> None:
    with pytest.raises(InvalidInput) as caught:
        await desk.create("  ", description="x" * 2001, rule={"all": [where("city", "GT", 5)]})
    assert problems_of(caught.value) == [
        (("name",), ErrorCode.REQUIRED),
        (("description",), ErrorCode.INVALID),
        (("rule", "all", "0", "where", "operator"), ErrorCode.INVALID),
    ]
    with pytest.raises(InvalidInput) as caught:
        await desk.create("x" * 201)
    assert problems_of(caught.value) == [(("name",), ErrorCode.INVALID)]
    assert await Audience.get_pymongo_collection().count_documents({}) == 0


async def test_an_update_changes_only_what_is_given(desk: Desk) -> None:
    key = (await desk.create(description="Who pay")).id
    desk.clock.advance(timedelta(seconds=5))
    renamed = await desk.update(key, name="Spenders")
    assert (renamed.name, renamed.description, renamed.rule) == ("Spenders", "Who pay", BIG)
    assert (renamed.size_at, renamed.updated_at) == (AT, AT + timedelta(seconds=5))
    assert (await desk.update(key, description=None)).description is None
    changed = await desk.update(key, rule=where("email", "IS_SET"))
    assert (changed.size, changed.size_at) == (2, AT + timedelta(seconds=5))


async def test_null_for_what_must_be_there_is_required(desk: Desk) -> None:
    key = (await desk.create()).id
    with pytest.raises(InvalidInput) as caught:
        await desk.update(key, name=None, rule=None)
    assert problems_of(caught.value) == [(("name",), ErrorCode.REQUIRED), (("rule",), ErrorCode.REQUIRED)]


async def test_what_is_not_there_is_not_found(desk: Desk) -> None:
    for attempt in (desk.update(ObjectId(), name="x"), delete_audience(MARKETER, ObjectId())):
        with pytest.raises(NotFound):
            await attempt
    key = ObjectId(str((await desk.create()).id))
    await delete_audience(MARKETER, key)
    assert await get_audience(VIEWER, key) is None


async def test_a_viewer_may_look_but_not_write(desk: Desk) -> None:
    key = ObjectId(str((await desk.create()).id))
    for attempt in (
        create_audience(
            VIEWER, name="x", description=None, rule=BIG, clock=desk.clock, settings=desk.settings
        ),
        update_audience(VIEWER, key, {"name": "x"}, clock=desk.clock, settings=desk.settings),
        delete_audience(VIEWER, key),
    ):
        with pytest.raises(Forbidden):
            await attempt
    with pytest.raises(Forbidden):
        await get_audience(Actor(Role.INGESTOR, "shop"), key)


async def test_a_preview_counts_and_says_who_can_be_reached(desk: Desk) -> None:
    preview = await desk.preview(BIG)
    assert (preview.count.size, *(preview.count.reached[channel] for channel in Channel)) == (2, 1, 2, 2)
    assert {row["external_id"] for row in preview.sample} == {"a", "b"}
    assert preview.rule_text == "total spend is at least 100.00 USD"
    assert (preview.evaluated_at, list(preview.problems)) == (AT, [])
    assert len((await desk.preview(BIG, 1)).sample) == 1
    assert len((await desk.preview(BIG, 0)).sample) == 0


async def test_a_preview_of_an_or_counts_each_customer_once(desk: Desk) -> None:
    either = {"any": [BIG, where("country", "EQ", "india"), where("lastVisitAt", "NOT_WITHIN_LAST", "P9D")]}
    assert (await desk.preview(either)).count.size == 3
    assert (await desk.preview({"not": either})).count.size == 0
    assert (await desk.create(rule=either)).size == 3


async def test_an_unfinished_rule_comes_back_with_its_problems(desk: Desk) -> None:
    preview = await desk.preview({"all": [{"where": {"field": "totalSpend", "operator": "GT"}}]}, 101)
    assert [(problem.path, problem.code) for problem in preview.problems] == [
        (("sampleSize",), ErrorCode.LIMIT_EXCEEDED),
        (("rule", "all", "0", "where", "value"), ErrorCode.REQUIRED),
    ]
    assert (preview.count, preview.rule_text, list(preview.sample)) == (None, None, [])


async def test_a_count_that_takes_too_long_is_no_size(desk: Desk) -> None:
    await Customer.get_pymongo_collection().insert_many(
        [customer(external_id=str(number), name=f"{number} " + "ab" * 500) for number in range(5000)]
    )
    desk.settings = desk.settings.model_copy(update={"rule_count_timeout_seconds": 0.001})
    slow = {"not": {"all": [where("name", "CONTAINS", f"{number}x") for number in range(150)]}}
    preview = await desk.preview(slow)
    assert (preview.count, list(preview.problems)) == (None, [])
    made = await desk.create(rule=slow)
    assert made.size is None
    assert await desk.size(made.id) == (None, None)


async def test_a_size_is_counted_again_after_a_minute(desk: Desk) -> None:
    key = (await desk.create()).id
    await Customer.get_pymongo_collection().delete_one({"external_id": "a"})
    desk.clock.advance(timedelta(seconds=60))
    assert await desk.size(key) == (2, AT)
    desk.clock.advance(timedelta(seconds=1))
    assert await desk.size(key) == (1, AT + timedelta(seconds=61))
    row = await find_audience(ObjectId(str(key)))
    assert row is not None
    assert (row["size"], row["size_at"]) == (1, AT + timedelta(seconds=61))


async def test_a_search_finds_the_beginning_of_any_word_of_the_name(desk: Desk) -> None:
    for name in ("Big Spenders", "Weihnachts-Straße", "Spring big", "$where .*"):
        await desk.create(name)
        desk.clock.advance(timedelta(seconds=1))

    async def found(search: str | None) -> list[str]:
        page = await list_audiences(list_filter(search), PageRequest.of())
        assert await count_audiences(list_filter(search)) == len(page.rows)
        return [row["name"] for row in page.rows]

    assert await found("BIG") == ["Spring big", "Big Spenders"]
    assert await found("sp b") == ["Spring big", "Big Spenders"]
    assert await found("spe bi") == ["Big Spenders"]
    assert await found("WEIHNACHTS-STRAS") == ["Weihnachts-Straße"]
    assert await found(".*") == ["$where .*"]
    assert await found("pring") == []
    assert len(await found("  ")) == len(await found(None)) == 4


async def test_known_values_are_offered_while_they_are_few(desk: Desk) -> None:
    options = {field.field: field.options for field in await rule_fields(VIEWER)}
    assert [country.casefold() for country in options["country"] or ()] == ["germany", "india"]
    assert [tag.casefold() for tag in options["tags"] or ()] == ["new", "vip"]
    assert options["city"] is None
    assert options["name"] is None
    await Customer.get_pymongo_collection().insert_many(
        [customer(external_id=f"x{number}", country=f"c{number:03}") for number in range(OPTIONS_LIMIT)]
    )
    assert {field.field: field.options for field in await rule_fields(VIEWER)}["country"] is None
