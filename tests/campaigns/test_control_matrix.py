"""Every pair of actions at once, in every state: one of the two orders is what happened."""

from __future__ import annotations

import asyncio
import itertools
import random

import pytest

from crm_graphql.core.errors import NotFound, WrongState
from crm_graphql.resources import Resources
from tests.campaigns.standings import ACTS, STANDINGS, Standing, after, make_standing, standing_of


async def _done(resources: Resources, act: str, key: object) -> bool:
    await asyncio.sleep(random.random() * 0.004)
    try:
        await ACTS[act](resources, key)  # type: ignore[arg-type]
    except (WrongState, NotFound):
        return False
    return True


def _shown(standing: Standing) -> tuple[object, ...]:
    status = "SCHEDULED" if standing.status == "MOVED" else standing.status
    return status, standing.launched, standing.retrying


def _in_order(acts: tuple[str, str], before: Standing) -> tuple[dict[int, bool], Standing]:
    first, standing = after(acts[0], before)
    second, standing = after(acts[1], standing)
    return {0: first, 1: second}, standing


@pytest.mark.parametrize("before", STANDINGS, ids=lambda one: f"{one.status}{one.launched:+}")
async def test_two_actions_at_once_end_as_one_after_the_other(resources: Resources, before: Standing) -> None:
    for pair in itertools.combinations_with_replacement(ACTS, 2):
        key = await make_standing(resources, before)
        done = await asyncio.gather(*(_done(resources, act, key) for act in pair))
        ends = (tuple(done), _shown(await standing_of(key)))
        one, there = _in_order(pair, before)
        other, here = _in_order(pair[::-1], before)
        allowed = [((one[0], one[1]), _shown(there)), ((other[1], other[0]), _shown(here))]
        assert ends in allowed, (pair, ends, allowed)


@pytest.mark.parametrize("act", ACTS)
async def test_each_action_is_allowed_in_the_states_that_the_table_names(
    resources: Resources, act: str
) -> None:
    for before in STANDINGS:
        key = await make_standing(resources, before)
        allowed, then = after(act, before)
        assert (await _done(resources, act, key), _shown(await standing_of(key))) == (allowed, _shown(then))
