"""Ids and cursors are opaque, typed, and safe to take from strangers."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest
from bson import Int64, ObjectId
from hypothesis import given
from hypothesis import strategies as st

from crm_graphql.core.errors import InvalidInput, LimitExceeded, RequiredInput
from crm_graphql.core.ids import decode_id, decode_key, encode_id
from crm_graphql.core.paging import PageRequest, decode_cursor, encode_cursor


def test_an_id_comes_back_as_its_type_and_key() -> None:
    key = ObjectId()
    assert decode_id(encode_id("Customer", key)) == ("Customer", key)


def test_the_id_of_another_type_is_refused_with_its_place() -> None:
    with pytest.raises(InvalidInput) as caught:
        decode_key("Campaign", encode_id("Customer", ObjectId()), field="campaignId")
    assert caught.value.problems[0].path == ("campaignId",)
    assert str(caught.value) == "This is the id of a Customer; the id of a Campaign is needed."


@pytest.mark.parametrize(("type_name", "said"), [("Audience", "an Audience"), ("User", "a User")])
def test_a_missing_id_is_asked_for_in_english(type_name: str, said: str) -> None:
    with pytest.raises(RequiredInput) as caught:
        decode_key(type_name, " ")
    assert str(caught.value) == f"The id of {said} is needed."


@given(st.text(max_size=80))
def test_no_text_makes_the_decoders_fail_otherwise(text: str) -> None:
    for decode in (decode_id, decode_cursor):
        try:
            decode(text)
        except InvalidInput:
            continue


def test_a_cursor_keeps_moments_ids_and_missing_values() -> None:
    key = (datetime(2024, 6, 30, 1, 2, 3, 456000, tzinfo=UTC), None, 10**15, "Ångström", ObjectId())
    assert decode_cursor(encode_cursor(*key)) == key


def test_a_cursor_keeps_whole_numbers_as_the_driver_reads_them() -> None:
    spend = Int64(3 * 10**9)
    assert decode_cursor(encode_cursor(spend)) == (spend,)


def test_a_cursor_never_carries_an_operator() -> None:
    forged = base64.urlsafe_b64encode(b'[{"$gt": ""}]').decode()
    with pytest.raises(InvalidInput):
        decode_cursor(forged)


KEY = '{"$oid": "65a000000000000000000001"}'


@pytest.mark.parametrize(
    "json",
    [
        f'["\\ud800", {KEY}]',
        f'["a\\u0000", {KEY}]',
        f"[99999999999999999999999, {KEY}]",
        f'[{{"$numberLong": "9223372036854775808"}}, {KEY}]',
        f'[{{"$date": {{"$numberLong": "99999999999999999999"}}}}, {KEY}]',
        f'[{{"$date": 1e400}}, {KEY}]',
        f'[{{"$code": "x"}}, {KEY}]',
        f'[{{"$regularExpression": {{"pattern": "(", "options": ""}}}}, {KEY}]',
        f'[{{"$numberDecimal": "1e9999"}}, {KEY}]',
        f'[{{"$uuid": "x"}}, {KEY}]',
        f'[{{"$timestamp": {{}}}}, {KEY}]',
        f'[{{"$binary": {{}}}}, {KEY}]',
        f"[true, {KEY}]",
        f"[1.5, {KEY}]",
        f"[[1], {KEY}]",
        '[1, {"$oid": "no id"}]',
        "[" * 3000,
    ],
)
def test_a_forged_cursor_is_refused_before_it_reaches_the_database(json: str) -> None:
    with pytest.raises(InvalidInput):
        decode_cursor(base64.urlsafe_b64encode(json.encode()).decode())


@pytest.mark.parametrize(
    ("arguments", "error", "path"),
    [
        ({"first": 101}, LimitExceeded, ("first",)),
        ({"last": 101}, LimitExceeded, ("last",)),
        ({"first": -1}, InvalidInput, ("first",)),
        ({"first": 1, "last": 1}, InvalidInput, ()),
    ],
)
def test_a_page_that_cannot_be_is_refused_with_its_place(
    arguments: dict[str, int], error: type[Exception], path: tuple[str, ...]
) -> None:
    with pytest.raises(error) as caught:
        PageRequest.of(**arguments)  # type: ignore[arg-type]
    assert getattr(caught.value, "problems")[0].path == path  # noqa: B009
