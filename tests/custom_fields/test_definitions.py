"""Custom fields defined: what one may be, what is refused and where, two at once, a hundred of them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from crm_graphql.core.actor import Actor, Role
from crm_graphql.core.errors import AlreadyExists, Forbidden, InvalidInput, LimitExceeded, NotFound
from crm_graphql.custom_fields import service
from crm_graphql.custom_fields.documents import CustomFieldType
from crm_graphql.custom_fields.queries import definitions, find_field
from crm_graphql.custom_fields.service import create_field, update_field
from crm_graphql.resources import Resources
from tests.custom_fields.factories import ADMIN, BOOLEAN, DATE, LIST, NUMBER, TEXT, make_field, remove

pytestmark = pytest.mark.usefixtures("resources")

BAD: list[tuple[CustomFieldType, dict[str, Any], dict[str, str]]] = [
    (NUMBER, {"label": " "}, {"label": "needs a label"}),
    (NUMBER, {"label": "x" * 101}, {"label": "at most 100"}),
    (NUMBER, {"minimum": 5.0, "maximum": 4.0}, {"maximum": "less than the minimum"}),
    (NUMBER, {"minimum": 1e300}, {"minimum": "below"}),
    (NUMBER, {"pattern": "a"}, {"pattern": "Only a TEXT"}),
    (NUMBER, {"options": ["a"]}, {"options": "Only a LIST"}),
    (NUMBER, {"maximum": 10.0, "default_value": 11}, {"defaultValue": "is more than 10"}),
    (TEXT, {"minimum": -1.0, "maximum": 2.5}, {"minimum": "characters", "maximum": "characters"}),
    (TEXT, {"pattern": "("}, {"pattern": "missing )"}),
    (TEXT, {"pattern": "(?=a)b"}, {"pattern": "RE2 does not take"}),
    (TEXT, {"pattern": r"(a)\1"}, {"pattern": "invalid escape"}),
    (TEXT, {"pattern": "((a{100}){100}){100}"}, {"pattern": "RE2 does not take"}),
    (TEXT, {"pattern": "a" * 201}, {"pattern": "1 to 200"}),
    (TEXT, {"pattern": "\ud800"}, {"pattern": "1 to 200"}),
    (TEXT, {"pattern": "[0-9]+", "default_value": "x"}, {"defaultValue": "not of the form"}),
    (DATE, {"minimum": 1.0}, {"minimum": "only a NUMBER and a TEXT"}),
    (DATE, {"default_value": "31.12.2024"}, {"defaultValue": "2024-06-30"}),
    (BOOLEAN, {"default_value": "perhaps"}, {"defaultValue": "neither true nor false"}),
    (LIST, {}, {"options": "at least one option"}),
    (LIST, {"options": ["a", "A"]}, {"options.1": "twice"}),
    (LIST, {"options": ["a", " "]}, {"options.1": "1 to 100"}),
    (LIST, {"options": [str(n) for n in range(201)]}, {"options": "at most 200"}),
    (LIST, {"options": ["a"], "default_value": ["b"]}, {"defaultValue": "none of: a"}),
]


@pytest.mark.parametrize(("type_", "parts", "told"), BAD)
async def test_what_is_wrong_with_a_definition_is_told_at_its_place(
    type_: CustomFieldType, parts: dict[str, Any], told: dict[str, str]
) -> None:
    with pytest.raises(InvalidInput) as refused:
        await make_field("thing", type_, **parts)
    found = {".".join(problem.path): problem.message for problem in refused.value.problems}
    assert found.keys() == told.keys()
    for path, message in told.items():
        assert message in found[path]
    assert await find_field(key="thing") is None


@pytest.mark.parametrize(
    "key",
    [
        "",
        "Points",
        "1st",
        "_id",
        "$where",
        "$set",
        "a.b",
        "a b",
        "__proto__",
        "größe",
        "x" * 51,
        "size",
        "a\0",
    ],
)
async def test_a_key_is_lower_snake_case_and_means_nothing_to_anybody_else(key: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        await make_field(key, LIST, label="Thing")
    assert {problem.path for problem in refused.value.problems} == {("key",), ("options",)}


@pytest.mark.parametrize("key", ["constructor", "prototype", "id", "name", "x" * 50, "a_1"])
async def test_names_of_programs_are_keys_like_any_other(key: str) -> None:
    field = await make_field(key)
    assert (await definitions())[key] == field


async def test_of_two_creations_of_one_key_at_once_one_is_made() -> None:
    made = await asyncio.gather(*(make_field("points") for _ in range(5)), return_exceptions=True)
    refused = [one for one in made if isinstance(one, Exception)]
    assert len(refused) == 4
    assert all(isinstance(one, AlreadyExists) for one in refused)
    assert list(await definitions()) == ["points"]


async def test_there_are_a_hundred_fields_and_no_more() -> None:
    for number in range(service.FIELDS_LIMIT):
        await make_field(f"field_{number}")
    with pytest.raises(LimitExceeded):
        await make_field("one_more")
    found = await definitions()
    assert list(found) == [f"field_{number}" for number in range(service.FIELDS_LIMIT)]
    await remove(found["field_7"])
    await make_field("one_more")


async def test_a_change_is_of_the_parts_that_are_given_and_null_gives_up() -> None:
    field = await make_field("code", TEXT, pattern="[a-z]+", default_value="abc", minimum=2.0)
    row = await update_field(ADMIN, field.id, {"label": " Code ", "minimum": None})
    assert (row["label"], row["minimum"], row["pattern"], row["default_value"]) == (
        *("Code", None, "[a-z]+", "abc"),
    )
    with pytest.raises(InvalidInput) as refused:
        await update_field(ADMIN, field.id, {"pattern": "[0-9]+"})
    assert refused.value.problems[0].path == ("defaultValue",)
    row = await update_field(ADMIN, field.id, {"pattern": "[0-9]+", "default_value": None})
    assert (row["pattern"], row["default_value"]) == ("[0-9]+", None)


async def test_of_two_changes_at_once_the_whole_is_what_was_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    field = await make_field("points", maximum=100.0)
    others = [{"maximum": 50.0}]

    async def read_before_another(**named: Any) -> Any:
        row = await find_field(**named)
        while others:
            await update_field(ADMIN, field.id, others.pop())
        return row

    monkeypatch.setattr(service, "find_field", read_before_another)
    with pytest.raises(InvalidInput, match="more than 50"):
        await update_field(ADMIN, field.id, {"default_value": 90})
    others.append({"maximum": 60.0})
    row = await update_field(ADMIN, field.id, {"default_value": 40})
    assert (row["maximum"], row["default_value"]) == (60.0, 40)


async def test_only_an_administrator_defines_fields(resources: Resources) -> None:
    field = await make_field("points")
    for role in (Role.MARKETER, Role.VIEWER, Role.INGESTOR):
        actor = Actor(role, "somebody")
        with pytest.raises(Forbidden):
            await create_field(actor, "other", NUMBER, {"label": "Other"})
        with pytest.raises(Forbidden):
            await update_field(actor, field.id, {"label": "Other"})
    await remove(field)
    with pytest.raises(NotFound):
        await update_field(ADMIN, field.id, {"label": "Other"})
    with pytest.raises(NotFound):
        await remove(field)
