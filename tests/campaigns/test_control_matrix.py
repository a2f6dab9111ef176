"""Every pair of actions in every state, one after the other and at once: then one of the orders happened."""

from __future__ import annotations

import asyncio
import itertools
import random

import pytest
from bson import ObjectId

from crm_graphql.core.errors import NotFound, WrongState
from crm_graphql.resources import Resources
from tests.campaigns.standings import ACTS, STANDINGS, Standing, after, make_standing, standing_of


async def _soon(resources: Resources, act: str, key: ObjectId) -> bool:
    # Some ask the database more often than others before they change something.
    await asyncio.sleep(random.random() * 0.015)
    return await _done(resources, act, key)


async def _done(resources: Resources, act: str, key: ObjectId) -> bool:
    try:
        await ACTS[act](resources, key)
    except (WrongState, NotFound):
        return False
    return True


def _shown(standing: Standing) -> tuple[object, ...]:
    status = "SCHEDULED" if standing.status == "MOVED" else standing.status
    return status, standing.launched, standing.planned, standing.retrying


def _in_order(acts: tuple[str, str], before: Standing) -> tuple[dict[int, bool], Standing]:
    first, standing = after(acts[0], before)
    second, standing = after(acts[1], standing)
    return {0: first, 1: second}, standing


@pytest.mark.parametrize("before", STANDINGS, ids=lambda one: f"{one.status}{one.launched:+}")
async def test_two_actions_at_once_end_as_one_after_the_other(resources: Resources, before: Standing) -> None:
    for pair in itertools.combinations_with_replacement(ACTS, 2):
        key = await make_standing(resources, before)
        done = await asyncio.gather(*(_soon(resources, act, key) for act in pair))
        ends = (tuple(done), _shown(await standing_of(key)))
        one, there = _in_order(pair, before)
        other, here = _in_order(pair[::-1], before)
        allowed = [((one[0], one[1]), _shown(there)), ((other[1], other[0]), _shown(here))]
        assert ends in allowed, (pair, ends, allowed)


@pytest.mark.parametrize("before", STANDINGS, ids=lambda one: f"{one.status}{one.launched:+}")
async def test_one_action_after_another_does_what_the_table_says(
    resources: Resources, before: Standing
) -> None:
    for pair in itertools.product(ACTS, ACTS):
        key = await make_standing(resources, before)
        done = {number: await _done(resources, act, key) for number, act in enumerate(pair)}
        expected, there = _in_order(pair, before)
        assert (done, _shown(await standing_of(key))) == (expected, _shown(there)), pair
