"""Filters are joined so that MongoDB has nothing to rewrite in them."""

from __future__ import annotations

from typing import Any

import pytest

from crm_graphql.audiences.filters import Filter, all_of, any_of

A: Filter = {"a": {"$eq": 1}}
MORE: Filter = {"a": {"$gte": 5}}
B: Filter = {"b": {"$eq": 2}}


@pytest.mark.parametrize(
    ("parts", "joined"),
    [
        ([A], A),
        ([A, A], A),
        ([A, {"a": {"$in": [1, 1]}}], A),
        ([A, MORE, B], {"$or": [A, MORE, B]}),
        ([A, B, {"a": {"$in": [3, 1]}}], {"$or": [{"a": {"$in": [1, 3]}}, B]}),
        ([MORE, {"$or": [B, A]}, MORE], {"$or": [MORE, B, A]}),
        ([{"$and": [A, B]}, {"$and": [A, B]}], {"$and": [A, B]}),
        ([{"a": None}, A], {"$or": [{"a": None}, A]}),
    ],
)
def test_equalities_are_one_condition_and_no_part_stands_twice(
    parts: list[Filter], joined: dict[str, Any]
) -> None:
    assert any_of(parts) == joined


def test_what_must_all_hold_is_said_once() -> None:
    assert all_of([A, {"$and": [MORE, B]}, A]) == {"$and": [A, MORE, B]}
    assert all_of([A, A]) == A


def test_the_parts_are_left_as_they_are() -> None:
    first: Filter = {"a": {"$in": [1]}}
    any_of([first, {"a": {"$in": [2]}}])
    assert first == {"a": {"$in": [1]}}
