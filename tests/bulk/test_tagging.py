"""A change of tags: what becomes of one customer, whichever of changes and replacements comes first."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from crm_graphql.customers.tagging import (
    TAGS_LIMIT,
    TagChange,
    TagRenaming,
    TooManyTags,
    changed_tags,
)

Step = TagChange | TagRenaming | tuple[int, list[str]]


def applied(*steps: Step) -> list[str]:
    """The tags after the steps in this order; a pair is a record's replacement with its version."""
    customer: dict[str, Any] = {"tags": [], "versions": {}}
    for step in steps:
        if isinstance(step, tuple):
            version, tags = step
            if customer["versions"].get("tags", -1) < version:
                customer["versions"]["tags"] = version
                customer["tags"] = tags
        elif (found := changed_tags(customer, step)) is not None:
            customer["tags"] = found[0]
            customer["versions"] |= found[1]
    after: list[str] = customer["tags"]
    return after


def test_a_tag_that_is_there_in_other_letters_is_there() -> None:
    assert TagChange(1, add=("VIP", "new")).of(["vip", "old"]) == ["vip", "old", "new"]


def test_tags_are_taken_away_in_any_letters() -> None:
    assert TagChange(1, remove=frozenset({"vip"})).of(["Vip", "VIP", "old"]) == ["old"]


@pytest.mark.parametrize(
    ("tags", "to", "after"),
    [
        (["a", "Old", "b"], "New", ["a", "New", "b"]),
        (["old", "new"], "New", ["New"]),
        (["new", "x", "old"], "New", ["New", "x"]),
        (["OLD", "old"], "Old", ["Old"]),
        (["old", "x"], None, ["x"]),
        (["x"], "New", ["x"]),
        (["new"], "New", ["new"]),
    ],
)
def test_a_renamed_tag_is_there_once(tags: list[str], to: str | None, after: list[str]) -> None:
    assert TagRenaming(1, "old", to).of(tags) == after


def test_changes_of_two_tags_commute() -> None:
    steps: list[Step] = [TagChange(5, add=("a",)), TagChange(6, add=("b",)), TagChange(7, add=("c",))]
    for order in permutations(steps):
        assert sorted(applied((1, ["x"]), *order)) == ["a", "b", "c", "x"]


def test_an_older_file_that_comes_later_does_not_undo_a_change() -> None:
    assert applied((1, ["x"]), TagChange(5, add=("a",)), (4, ["y"])) == ["x", "a"]
    assert applied((1, ["x"]), TagChange(5, remove=frozenset({"x"})), (4, ["x"])) == []


def test_a_change_of_what_is_so_already_holds_against_an_older_file() -> None:
    assert applied((1, ["a"]), TagChange(5, add=("a",)), (4, [])) == ["a"]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_newer_file_wins_whichever_comes_first(order: tuple[int, ...]) -> None:
    steps: list[Step] = [TagChange(5, add=("a",)), (6, ["y"])]
    assert applied((1, ["x"]), *(steps[index] for index in order)) == ["y"]


def test_after_a_newer_file_only_newer_changes_count() -> None:
    steps: list[Step] = [TagChange(7, add=("b",)), TagChange(5, add=("a",))]
    assert applied((6, ["y"]), *steps) == ["y", "b"]
    assert applied((1, ["x"]), TagChange(5, add=("a",)), (6, ["y"]), TagChange(4, add=("c",))) == ["y"]


def test_a_customer_keeps_to_a_hundred_tags() -> None:
    full = [f"t{number}" for number in range(TAGS_LIMIT)]
    with pytest.raises(TooManyTags):
        applied((1, full), TagChange(5, add=("one",)))
    assert len(applied((1, full), TagChange(5, add=("one",), remove=frozenset({"t0"})))) == TAGS_LIMIT


def test_a_customer_that_has_more_already_loses_some() -> None:
    more = [f"t{number}" for number in range(TAGS_LIMIT + 5)]
    assert len(applied((1, more), TagChange(5, remove=frozenset({"t0"})))) == TAGS_LIMIT + 4
