"""Custom fields and metadata as people edit them: merged by key, versioned, kept in the history, erased."""

from __future__ import annotations

from typing import Any

import pytest

from crm_graphql.core.errors import Conflict, InvalidInput
from crm_graphql.customers.documents import Customer
from crm_graphql.customers.metadata import BYTES, shown_metadata
from crm_graphql.resources import Resources
from tests.custom_fields.factories import BOOLEAN, LIST, NUMBER, TEXT, make_field, remove
from tests.customers.edits import create, history, stored, update
from tests.gql.conftest import Api

SHOWN = """query ($id: String!) { customer(by: {externalId: $id}) { customFields metadata revision } }"""
UPDATE = """mutation ($input: CustomerUpdateInput!) { customerUpdate(input: $input) {
  customer { customFields metadata } errors { path code message } } }"""


async def refusal(resources: Resources, **fields: Any) -> dict[str, str]:
    """What is said of an edit, by path."""
    with pytest.raises(InvalidInput) as refused:
        await update(resources, "c1", **fields)
    return {".".join(problem.path): problem.message for problem in refused.value.problems}


async def test_values_are_merged_by_key_and_null_clears_one(resources: Resources, api: Api) -> None:
    points, tier = await make_field("points"), await make_field("tier", LIST, options=["Gold", "Silver"])
    vip = await make_field("vip", BOOLEAN, default_value=False)
    await create(resources, "c1", custom_fields={"points": 5, "tier": "gold"}, metadata={"a": 1})
    await update(resources, "c1", custom_fields={"points": "7.5"}, metadata={"b": {"c": [None, True]}})
    found = (await api.data(SHOWN, {"id": "c1"}))["customer"]
    assert found["customFields"] == {"points": 7.5, "tier": ["Gold"], "vip": False}
    assert found["metadata"] == {"a": 1, "b": {"c": [None, True]}}
    await update(resources, "c1", custom_fields={"points": None, "vip": True}, metadata={"a": None})
    row = await stored("c1")
    assert row["custom_fields"] == {tier.slot: ["Gold"], vip.slot: True}
    assert points.slot not in row["folded"]["custom"]
    assert row["folded"]["custom"][tier.slot] == ["gold"]
    assert shown_metadata(row["metadata"]) == {"b": {"c": [None, True]}}


async def test_what_is_wrong_is_told_at_each_key(resources: Resources) -> None:
    await make_field("points", maximum=10.0)
    await make_field("code", TEXT, pattern="[a-z]+")
    await create(resources, "c1")
    given = {"points": 11, "code": "A", "none_such": 1, "$where": "1"}
    told = await refusal(resources, custom_fields=given, name=5)
    assert told.keys() == {"name", *(f"customFields.{key}" for key in given)}
    assert "no custom field" in told["customFields.$where"]
    assert (await refusal(resources, custom_fields=[1])).keys() == {"customFields"}
    assert (await stored("c1"))["revision"] == 0


async def test_a_required_field_is_given_at_the_beginning_and_never_cleared(resources: Resources) -> None:
    await make_field("points", is_required=True)
    await make_field("tier", TEXT, is_required=True, default_value="Gold")
    for given in ({}, {"points": None}):
        with pytest.raises(InvalidInput) as refused:
            await create(resources, "c1", custom_fields=given)
        assert [problem.path for problem in refused.value.problems] == [("customFields", "points")]
    with pytest.raises(InvalidInput):
        await create(resources, "c1")
    await create(resources, "c1", custom_fields={"points": 1, "tier": "Silver"})
    assert "required" in (await refusal(resources, custom_fields={"points": ""}))["customFields.points"]
    await update(resources, "c1", custom_fields={"tier": None}, name="Ann")


async def test_an_edit_moves_the_revision_once_and_the_history_has_each_key(resources: Resources) -> None:
    await make_field("points")
    await create(resources, "c1")
    await update(resources, "c1", metadata={"a": {"b": {"c": {"d": {"e": 1}}}}})
    await update(resources, "c1", metadata={"a": None})
    await update(resources, "c1", custom_fields={"points": 5}, metadata={"$a.b": 1, "c": "x"}, name="Ann")
    await update(resources, "c1", custom_fields={"points": 5}, metadata={"c": "x"})
    await update(resources, "c1", custom_fields={"points": None})
    assert (await history("c1"))[-2:] == [
        (
            "mia@example.com",
            3,
            {
                "name": (None, "Ann"),
                "custom.points": (None, 5),
                "metadata.$a.b": (None, "1"),
                "metadata.c": (None, '"x"'),
            },
        ),
        ("mia@example.com", 4, {"custom.points": (5, None)}),
    ]
    with pytest.raises(Conflict, match=r"custom\.points"):
        await update(resources, "c1", expected=3, custom_fields={"points": 6})


async def test_metadata_takes_any_name_and_means_nothing_to_mongodb(resources: Resources, api: Api) -> None:
    await create(resources, "c1")
    names = {"$where": "1", "a.b": {"$gt": ""}, "__proto__": {"x": 1}, "": 1, "_id": None, " ": 1}
    names.pop("")
    answer = await api.data(UPDATE, {"input": {"customer": {"externalId": "c1"}, "metadata": names}})
    del names["_id"]
    assert answer["customerUpdate"]["customer"]["metadata"] == names


@pytest.mark.parametrize(
    "metadata",
    [
        [1],
        "text",
        {f"k{n}": 1 for n in range(65)},
        {"a": "x" * BYTES},
        {"a": {"b": {"c": {"d": {"e": {}}}}}},
        {"k" * 101: 1},
        {"a\0b": 1},
        {"a": {"b\0": 1}},
        {"a": "\ud800"},
        {"a": 2**63},
        {"": 1},
    ],
)
async def test_metadata_is_bounded(resources: Resources, metadata: Any) -> None:
    await create(resources, "c1")
    assert (await refusal(resources, metadata=metadata)).keys() == {"metadata"}
    assert (await stored("c1")).get("metadata") is None


async def test_the_bounds_are_of_all_that_a_customer_has(resources: Resources) -> None:
    await create(resources, "c1", metadata={f"k{n}": 1 for n in range(64)})
    assert (await refusal(resources, metadata={"one_more": 1})).keys() == {"metadata"}
    await update(resources, "c1", metadata={"k0": None})
    await update(resources, "c1", metadata={"one_more": 1})
    await create(resources, "c2", metadata={"a": "x" * 9_000})
    with pytest.raises(InvalidInput):
        await update(resources, "c2", metadata={"b": "x" * 9_000})
    for number in range(200):
        await update(resources, "c2", metadata={f"k{number}": None})
    assert len((await stored("c2"))["metadata"]) <= 65


async def test_a_field_that_is_deleted_shows_nothing_and_comes_back_empty(
    resources: Resources, api: Api
) -> None:
    await create(resources, "c1")
    points = await make_field("points")
    await update(resources, "c1", custom_fields={"points": 5})
    await remove(points)
    assert (await api.data(SHOWN, {"id": "c1"}))["customer"]["customFields"] == {}
    again = await make_field("points", NUMBER, default_value=1)
    assert again.slot != points.slot
    assert (await api.data(SHOWN, {"id": "c1"}))["customer"]["customFields"] == {"points": 1}


async def test_an_erased_customer_has_neither(resources: Resources, api: Api) -> None:
    await make_field("note", TEXT)
    row = await create(resources, "c1", custom_fields={"note": "Ann"}, metadata={"secret": "Lee"})
    delete = 'mutation { customerDelete(input: {customer: {externalId: "c1"}}) { errors { code } } }'
    await api.data(delete)
    assert await Customer.get_pymongo_collection().find_one({"_id": row["_id"]}) is None
    changes = await resources.database.customer_changes.find({"customer_id": row["_id"]}).to_list()
    assert "Ann" not in str(changes)
    assert "Lee" not in str(changes)
