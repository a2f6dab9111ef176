"""The reconciler goes on whatever fails, and one process at a time runs it."""

from __future__ import annotations

import asyncio

import pytest

from consumers import reconciler
from consumers.reconciler import reconcile_for_ever
from consumers.work import Work
from crm_graphql.campaigns.messages import PLAN_QUEUE
from crm_graphql.core.tasks import end_tasks
from crm_graphql.delivery.reconcile import DeliveryReconciler
from crm_graphql.mongo import turns
from crm_graphql.resources import Resources
from tests.consumers.rounds import reconciler as reconciler_of
from tests.delivery.factories import launch, make_customers
from tests.delivery.running import until
from tests.delivery.stand_in import StandInVendor


def quick(resources: Resources) -> Work:
    settings = resources.settings.model_copy(update={"reconcile_interval_seconds": 0.05})
    return Work.over(resources.with_settings(settings), vendor=StandInVendor())


async def test_what_fails_does_not_keep_the_rest_from_its_turn(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    rounds = 0

    async def failing(*_: object, **__: object) -> None:
        raise RuntimeError("a round that fails")

    async def counted(_self: DeliveryReconciler) -> None:
        nonlocal rounds
        rounds += 1
        raise RuntimeError("this one too")

    monkeypatch.setattr(reconciler, "reconcile_ingestions", failing)
    monkeypatch.setattr(DeliveryReconciler, "run", counted)

    async def has_run_thrice() -> bool:
        return rounds >= 3

    task = asyncio.create_task(reconcile_for_ever(quick(resources)))
    await until(has_run_thrice)
    await end_tasks([task])


async def test_of_two_processes_one_reconciles(resources: Resources, monkeypatch: pytest.MonkeyPatch) -> None:
    ran_by: list[int] = []

    async def counted(work: Work, *_reconcilers: object) -> None:
        ran_by.append(id(work))

    monkeypatch.setattr(reconciler, "run_round", counted)
    works = [quick(resources), quick(resources)]
    tasks = [asyncio.create_task(reconcile_for_ever(work)) for work in works]

    async def has_run() -> bool:
        return len(ran_by) >= 5

    await until(has_run)
    await end_tasks(tasks)
    assert len(set(ran_by)) == 1


async def test_work_is_put_back_once_and_a_queue_that_is_merely_slow_is_not_flooded(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "UNHEARD_SECONDS", 0.0)
    await make_customers(3)
    await launch(resources)
    _, delivery = reconciler_of(resources)
    for _ in range(3):
        await delivery.run()
    assert await resources.bus.depth(PLAN_QUEUE) == 1
    # The broker has lost it.
    await resources.database.bus_messages.delete_many({})
    for _ in range(3):
        await delivery.run()
    assert await resources.bus.depth(PLAN_QUEUE) == 1
