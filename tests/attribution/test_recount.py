"""Results are at every rest what a count by hand says, whatever became of orders, people and deliveries."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from pymongo.asynchronous.client_session import AsyncClientSession

from crm_graphql.attribution import following
from crm_graphql.attribution.following import Follower
from crm_graphql.orders.documents import OrderChanges
from crm_graphql.resources import Resources
from tests.attribution.world import World, counted_sums, kept_sums, new_world

Work = Callable[[AsyncClientSession], Awaitable[Any]]


async def assert_counted(world: World) -> None:
    await world.follow()
    assert await kept_sums() == await counted_sums()
    assert await OrderChanges.count() == 0


@pytest.mark.parametrize("seed", range(6))
async def test_any_history_is_counted_exactly(
    resources: Resources, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr(following, "ORDERS_AT_ONCE", 5)
    monkeypatch.setattr(following, "ROWS_AT_ONCE", 7)
    world = await new_world(resources, seed)
    for number in range(40):
        await world.step()
        if number % 8 == 7:
            await assert_counted(world)
    assert await counted_sums()


@pytest.mark.parametrize("when", ["within", "after"])
async def test_a_follower_that_dies_in_every_piece_counts_each_order_once(
    resources: Resources, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    monkeypatch.setattr(following, "ORDERS_AT_ONCE", 5)
    monkeypatch.setattr(following, "ROWS_AT_ONCE", 7)
    world = await new_world(resources, 11)
    for _ in range(30):
        await world.step()

    class Died(Exception):
        pass

    async def dying(work: Work) -> Any:
        async def cut_short(session: AsyncClientSession) -> Any:
            await work(session)
            raise Died

        await resources.in_transaction(cut_short if when == "within" else work)
        raise Died

    for _ in range(60):
        with pytest.raises(Died):
            await Follower(dying, resources.bus).run(for_seconds=5)
        # Whoever takes over does one piece, and dies in its turn.
        await Follower(resources.in_transaction, resources.bus).run(for_seconds=0)
    await assert_counted(world)


async def test_counting_everything_again_changes_nothing(resources: Resources) -> None:
    world = await new_world(resources, 3)
    for _ in range(30):
        await world.step()
    await assert_counted(world)
    before = await kept_sums()
    assert before
    await resources.database.attribution_places.delete_many({})
    await assert_counted(world)
    assert await kept_sums() == before
