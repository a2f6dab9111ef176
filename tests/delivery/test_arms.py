"""Arms of experiments: shares as they were set, no relation between two campaigns, the same at every try."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from bson import ObjectId

from crm_graphql.delivery.arms import Arms

PEOPLE = [ObjectId(f"{number:024x}") for number in range(40_000)]
"""One after another, as ids are."""


def campaign(number: int = 1, *, weights: dict[str, int] | None = None, holdout: str | None = None) -> Any:
    variants = [{"key": key, "weight": weight} for key, weight in (weights or {}).items()]
    return {"_id": ObjectId(f"{number:024x}"), "variants": variants, "holdout": holdout}


@pytest.mark.parametrize("weights", [{"a": 1, "b": 1}, {"a": 3, "b": 1}, {"a": 1, "b": 2, "c": 7}])
def test_each_variant_gets_the_share_of_its_weight(weights: dict[str, int]) -> None:
    arms = Arms(campaign(weights=weights))
    counted = Counter(arms.variant_of(person) for person in PEOPLE)
    for key, weight in weights.items():
        share = weight / sum(weights.values())
        # Five standard deviations.
        assert counted[key] == pytest.approx(share * 40_000, abs=5 * (40_000 * share * (1 - share)) ** 0.5)


@pytest.mark.parametrize("share", [0.01, 0.1, 0.5])
def test_the_share_that_was_set_is_held_out(share: float) -> None:
    arms = Arms(campaign(holdout=repr(share)))
    held_out = sum(map(arms.is_held_out, PEOPLE))
    assert held_out == pytest.approx(share * 40_000, abs=5 * (40_000 * share * (1 - share)) ** 0.5)


def test_nobody_is_held_out_and_no_variant_drawn_where_there_is_no_experiment() -> None:
    arms = Arms({"_id": ObjectId()})
    assert not any(map(arms.is_held_out, PEOPLE[:1000]))
    assert {arms.variant_of(person) for person in PEOPLE[:1000]} == {None}


def test_two_campaigns_divide_people_without_relation() -> None:
    first, second = (Arms(campaign(number, weights={"a": 1, "b": 1})) for number in (1, 2))
    agree = sum(first.variant_of(person) == second.variant_of(person) for person in PEOPLE)
    assert agree == pytest.approx(20_000, abs=500)


def test_the_same_people_are_not_held_out_again_by_the_next_campaign() -> None:
    first, second = (Arms(campaign(number, holdout="0.5")) for number in (1, 2))
    agree = sum(first.is_held_out(person) == second.is_held_out(person) for person in PEOPLE)
    assert agree == pytest.approx(20_000, abs=500)


def test_who_is_held_out_says_nothing_about_the_variant_of_the_others() -> None:
    arms = Arms(campaign(weights={"a": 1, "b": 1}, holdout="0.5"))
    left = [person for person in PEOPLE if not arms.is_held_out(person)]
    assert sum(arms.variant_of(person) == "a" for person in left) == pytest.approx(len(left) / 2, abs=400)


def test_a_person_is_drawn_alike_at_every_try_and_by_every_release() -> None:
    # Written down: a rolling update in the middle of a plan must not change what people are drawn.
    arms = Arms(campaign(7, weights={"a": 2, "b": 1, "c": 1}, holdout="0.25"))
    drawn = "".join("-" if arms.is_held_out(one) else str(arms.variant_of(one)) for one in PEOPLE[:40])
    assert drawn == "cbb-a--c-bcbaa-acc-acca-b-aca-ba-cb-abab"
