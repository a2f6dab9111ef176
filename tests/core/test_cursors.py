"""Cursors name a place in one list, and are of no use in any other."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Any

import pytest
from bson import Int64, ObjectId
from hypothesis import given
from hypothesis import strategies as st

from crm_graphql.core.cursors import ListCursors
from crm_graphql.core.errors import InvalidInput
from crm_graphql.core.paging import SortKey

NAMES = SortKey((("name", 1), ("_id", 1)))
ROW = {"name": "Ida", "_id": ObjectId("65a000000000000000000001")}


def cursors(order: SortKey = NAMES, identity: str = "list", *secrets: bytes) -> ListCursors:
    return ListCursors(lambda: secrets or (b"secret",), order, identity)


def refusal(list_: ListCursors, text: str, argument: str = "after") -> tuple[str, ...]:
    with pytest.raises(InvalidInput) as caught:
        list_.page(after=text) if argument == "after" else list_.page(before=text)
    (problem,) = caught.value.problems
    assert "not a cursor of this list" in problem.message
    return problem.path


def test_a_cursor_keeps_moments_ids_long_numbers_and_missing_values() -> None:
    order = SortKey((("at", 1), ("none", 1), ("sum", 1), ("name", 1), ("_id", 1)))
    moment = datetime(2024, 6, 30, 1, 2, 3, 456000, tzinfo=UTC)
    row = {"at": moment, "sum": Int64(10**15), "name": "\u00c5ngstr\u00f6m", "_id": ObjectId()}
    list_ = cursors(order)
    assert list_.page(after=list_.of(row)).cursor == (moment, None, 10**15, row["name"], row["_id"])


def test_a_cursor_is_short() -> None:
    order = SortKey((("created_at", -1), ("_id", -1)))
    assert len(cursors(order).of({"created_at": datetime.now(UTC), "_id": ObjectId()})) <= 48


@pytest.mark.parametrize(
    "other",
    [
        cursors(identity="another filter"),
        cursors(SortKey((("name", -1), ("_id", -1)))),
        cursors(SortKey((("city", 1), ("_id", 1)))),
        cursors(NAMES, "list", b"another deployment"),
    ],
)
@pytest.mark.parametrize("argument", ["after", "before"])
def test_the_cursor_of_another_list_is_refused_with_its_place(other: ListCursors, argument: str) -> None:
    assert refusal(cursors(), other.of(ROW), argument) == (argument,)


def test_a_cursor_of_the_former_secret_still_counts() -> None:
    former = cursors(NAMES, "list", b"former").of(ROW)
    assert cursors(NAMES, "list", b"new", b"former").page(before=former).cursor == tuple(ROW.values())


def test_two_cursors_of_one_list_have_nothing_in_common_that_says_so() -> None:
    marks = {base64.urlsafe_b64decode(cursors().of({**ROW, "name": name}) + "===")[:8] for name in "abcd"}
    assert len(marks) == 4


@given(
    st.one_of(
        st.text(max_size=80), st.binary(max_size=80).map(lambda raw: base64.urlsafe_b64encode(raw).decode())
    )
)
def test_no_other_text_is_a_cursor(text: str) -> None:
    assert refusal(cursors(), text) == ("after",)


def test_a_cursor_that_was_changed_is_none() -> None:
    content = bytearray(base64.urlsafe_b64decode(cursors().of(ROW) + "==="))
    for place in range(len(content)):
        changed: Any = bytearray(content)
        changed[place] ^= 1
        refusal(cursors(), base64.urlsafe_b64encode(changed).decode().rstrip("="))
