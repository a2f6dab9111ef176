"""The planner: each customer exactly once, whoever dies and whatever changes meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from bson import ObjectId
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pymongo.asynchronous.client_session import AsyncClientSession

from crm_graphql.campaigns.documents import Campaign
from crm_graphql.campaigns.lifecycle import complete_if_ended
from crm_graphql.customers.documents import Customer
from crm_graphql.delivery import planner as planner_module
from crm_graphql.delivery.campaign_locks import CampaignLocks
from crm_graphql.delivery.documents import Delivery, SendRange
from crm_graphql.delivery.messages import SEND_QUEUE
from crm_graphql.delivery.planner import Planner
from crm_graphql.resources import Resources
from tests.delivery.factories import NOBODY, assert_exact, campaign_row, launch, make_customers
from tests.delivery.ledgers import assert_whole, ledger, ranges


class Killed(BaseException):
    """Stands for a process that ends: nothing is cleaned up by it but what the interpreter does."""


def make_planner(resources: Resources, transact: Any = None, *, range_rows: int = 10) -> Planner:
    return Planner(
        transact=transact or resources.in_transaction,
        bus=resources.bus,
        clock=resources.clock,
        locks=CampaignLocks(),
        lease_seconds=30,
        range_rows=range_rows,
        public_url=resources.settings.public_url,
    )


@pytest.fixture(autouse=True)
def _small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planner_module, "PAGE_CUSTOMERS", 7)


async def test_everybody_is_written_once_with_what_the_message_needs(resources: Resources) -> None:
    customers = await make_customers(20, without_address=3)
    key = await launch(resources)
    await make_planner(resources).plan(key)
    await assert_whole(key, customers)
    rows = await ledger(key)
    assert rows[5]["address"] == "c5@example.com"
    assert rows[5]["values"] == {"customer": {"name": "Name 5"}}
    assert [(one["status"], one["reason"]) for one in rows[:3]] == [("SKIPPED", "NO_ADDRESS")] * 3
    row = await campaign_row(key)
    assert (row["stats"]["queued"], row["stats"]["skipped"]) == (17, 3)
    assert await resources.bus.depth(SEND_QUEUE) >= 1


async def test_a_range_holds_at_most_so_many_rows_to_send(resources: Resources) -> None:
    customers = await make_customers(7, without_address=2)
    key = await launch(resources)
    await make_planner(resources, range_rows=2).plan(key)
    await assert_whole(key, customers)
    assert [(one["first"], one["last"]) for one in await ranges(key)] == [(2, 3), (4, 5), (6, 6)]


async def test_an_audience_of_nobody_completes(resources: Resources) -> None:
    await make_customers(3)
    key = await launch(resources, rule=NOBODY)
    await make_planner(resources).plan(key)
    row = await assert_exact(key)
    assert (row["status"], row["stats"]["total"], row["planning"]["done"]) == ("COMPLETED", 0, True)


async def test_an_audience_without_addresses_completes(resources: Resources) -> None:
    await make_customers(9, without_address=9)
    key = await launch(resources)
    await make_planner(resources).plan(key)
    row = await assert_exact(key)
    assert (row["status"], row["stats"]["skipped"]) == ("COMPLETED", 9)


async def test_a_campaign_whose_ledger_is_not_written_yet_is_not_complete(resources: Resources) -> None:
    await make_customers(3)
    key = await launch(resources)
    assert not await complete_if_ended(key, bus=resources.bus, clock=resources.clock)
    assert (await campaign_row(key))["status"] == "SENDING"


async def test_who_comes_after_the_launch_is_left_out(resources: Resources) -> None:
    customers = await make_customers(3)
    key = await launch(resources)
    late = await make_customers(1, start=3)
    await Customer.get_pymongo_collection().update_one(
        {"_id": late[0]}, {"$set": {"created_at": resources.clock.now() + timedelta(seconds=1)}}
    )
    await make_planner(resources).plan(key)
    await assert_whole(key, customers)


async def test_a_second_planner_leaves_it_to_the_first(resources: Resources) -> None:
    customers = await make_customers(30)
    key = await launch(resources)
    await asyncio.gather(*(make_planner(resources).plan(key) for _ in range(4)))
    await assert_whole(key, customers)
    assert (await campaign_row(key))["planning"]["token"] is None


def dying(resources: Resources, after: int, *, committed: bool) -> Any:
    """`in_transaction` of a process that ends in its transaction number `after`."""
    count = 0

    async def transact(work: Callable[[AsyncClientSession], Awaitable[Any]]) -> Any:
        nonlocal count
        count += 1
        if count < after:
            return await resources.in_transaction(work)
        if committed:
            await resources.in_transaction(work)
            raise Killed

        async def cut(session: AsyncClientSession) -> None:
            await work(session)
            raise Killed

        return await resources.in_transaction(cut)

    return transact


@hypothesis_settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    deaths=st.lists(st.tuples(st.integers(1, 5), st.booleans()), max_size=4),
    count=st.integers(0, 30),
    without=st.integers(0, 30),
)
async def test_death_at_any_page_leaves_it_exact(
    resources: Resources, deaths: list[tuple[int, bool]], count: int, without: int
) -> None:
    for document in (Campaign, Customer, Delivery, SendRange):
        await document.get_pymongo_collection().delete_many({})
    customers = await make_customers(count, without_address=min(without, count))
    key = await launch(resources)
    for after, committed in deaths:
        try:
            await make_planner(resources, dying(resources, after, committed=committed)).plan(key)
        except Killed:
            # Its lease would still stand; the next one comes when it has run out.
            await expire(key)
    await make_planner(resources).plan(key)
    await assert_whole(key, customers)


async def expire(key: ObjectId) -> None:
    await Campaign.get_pymongo_collection().update_one({"_id": key}, {"$set": {"planning.lease_until": None}})


async def test_a_planner_that_lost_its_lease_writes_nothing_more(resources: Resources) -> None:
    customers = await make_customers(20)
    key = await launch(resources)
    page = 0

    async def stolen(work: Callable[[AsyncClientSession], Awaitable[Any]]) -> Any:
        nonlocal page
        page += 1
        if page == 2:
            await expire(key)
            await make_planner(resources).plan(key)
        return await resources.in_transaction(work)

    await make_planner(resources, stolen).plan(key)
    await assert_whole(key, customers)
