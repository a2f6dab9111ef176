"""Kept mappings: saved under a name, found by their kind, checked against the fields, used by an upload."""

from __future__ import annotations

from typing import Any

import pytest
from bson import ObjectId

from crm_graphql.core.actor import Actor, Role
from crm_graphql.core.errors import AlreadyExists, Forbidden, InvalidInput, NotFound
from crm_graphql.core.ids import encode_id
from crm_graphql.imports.plans import DateOrder, ImportOptions, ImportRequest
from crm_graphql.imports.queries import list_mappings, request_of_mapping
from crm_graphql.imports.service import delete_mapping, save_mapping
from crm_graphql.ingestion.file_rows import request_for
from crm_graphql.ingestion.stored_plans import Upload
from crm_graphql.resources import Resources
from tests.gql.conftest import Api
from tests.ingestion.doors import CUSTOMERS, ORDERS

MARKETER = Actor(Role.MARKETER, "marketer")
COLUMNS = (("Mail", "email"), ("Who", "name"), ("Notes", None))
SAVE = """mutation($i: ImportMappingSaveInput!) { importMappingSave(input: $i) {
  importMapping { id name kind columns { column field }
    options { dateOrder decimalComma timeZone country empty } optionsSaid }
  errors { path code message } } }"""


async def save(resources: Resources, key: ObjectId | None = None, **changes: Any) -> Any:
    """A mapping of customers, saved."""
    values: dict[str, Any] = {
        "name": "Till",
        "kind": CUSTOMERS,
        "columns": COLUMNS,
        "options": ImportOptions(date_order=DateOrder.DMY, empty=("n/a",)),
        **changes,
    }
    return await save_mapping(values.pop("actor", MARKETER), key, clock=resources.clock, **values)


async def test_a_mapping_is_kept_changed_and_deleted(resources: Resources) -> None:
    made = await save(resources)
    again = await save(resources, made["_id"], name="Shop", options=ImportOptions())
    assert (again["name"], again["options"], again["created_at"]) == ("Shop", {}, made["created_at"])
    assert [row["name"] for row in await list_mappings(CUSTOMERS)] == ["Shop"]
    assert await list_mappings(ORDERS) == []
    await delete_mapping(MARKETER, made["_id"])
    with pytest.raises(NotFound):
        await delete_mapping(MARKETER, made["_id"])
    with pytest.raises(NotFound):
        await save(resources, made["_id"])


async def test_a_name_is_one_of_a_kind_in_any_case(resources: Resources) -> None:
    await save(resources)
    other = await save(resources, name="Other")
    with pytest.raises(AlreadyExists):
        await save(resources, name=" TILL ")
    with pytest.raises(AlreadyExists):
        await save(resources, other["_id"], name="till")
    orders = (("Nr", "order_id"), ("Total", "amount"))
    assert (await save(resources, kind=ORDERS, columns=orders))["name"] == "Till"


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ((("Mail", "e_mail"),), "no field"),
        ((("Mail", "email"), ("Mail ", "name")), "twice"),
        ((("Mail", "email"), ("Second", "email")), "takes one only"),
        ((("Notes", None),), "needs a column"),
        ((), "needs a column"),
        ((("Total", "order_id"),), "no field"),
    ],
)
async def test_columns_that_cannot_be_are_refused(resources: Resources, columns: Any, message: str) -> None:
    with pytest.raises(InvalidInput, match=message) as caught:
        await save(resources, columns=columns)
    assert caught.value.problems[0].path == ("columns",)
    assert await list_mappings(None) == []


async def test_several_columns_make_a_name_and_add_tags(resources: Resources) -> None:
    columns = (("First", "name"), ("Last", "name"), ("A", "tags"), ("B", "tags"))
    assert len((await save(resources, columns=columns))["columns"]) == 4


async def test_all_that_is_wrong_is_told_at_once(resources: Resources) -> None:
    options = ImportOptions(time_zone="Berlin", country="Atlantis", empty=("x" * 200,))
    with pytest.raises(InvalidInput) as caught:
        await save(resources, name=" ", columns=(("a", "b"),), options=options)
    assert [problem.path for problem in caught.value.problems] == [
        ("name",),
        ("columns",),
        *(("options", name) for name in ("timeZone", "country", "empty")),
    ]


async def test_a_viewer_keeps_and_deletes_nothing(resources: Resources) -> None:
    made, viewer = await save(resources), Actor(Role.VIEWER, "v")
    with pytest.raises(Forbidden):
        await save(resources, actor=viewer, name="Mine")
    with pytest.raises(Forbidden):
        await delete_mapping(viewer, made["_id"])
    assert len(await list_mappings(None)) == 1


async def test_an_upload_asks_by_a_kept_mapping_and_its_own_options_go_before(resources: Resources) -> None:
    made = await save(resources)
    id = encode_id("ImportMapping", made["_id"])
    own = ImportRequest(options=ImportOptions(date_order=DateOrder.MDY, country="DE"))
    asked = await request_for(Upload(own, mapping_id=id), CUSTOMERS)
    assert asked.mapping == COLUMNS
    assert asked.options == ImportOptions(date_order=DateOrder.MDY, country="DE", empty=("n/a",))
    assert await request_of_mapping(made["_id"], ORDERS) is None
    with pytest.raises(NotFound):
        await request_for(Upload(mapping_id=id), ORDERS)
    with pytest.raises(InvalidInput):
        await request_for(Upload(mapping_id=encode_id("Customer", made["_id"])), CUSTOMERS)


async def test_clients_keep_find_and_delete_mappings(api: Api) -> None:
    columns = [{"column": "Mail", "field": "email"}, {"column": "Notes"}]
    saved = await api.data(SAVE, {"i": {"name": "Till", "kind": "CUSTOMERS", "columns": columns}})
    mapping = saved["importMappingSave"]["importMapping"]
    assert mapping["columns"] == [{"column": "Mail", "field": "email"}, {"column": "Notes", "field": None}]
    assert mapping["options"] == {
        "dateOrder": "YMD", "decimalComma": False, "timeZone": "UTC", "country": None, "empty": []
    }  # fmt: skip
    assert mapping["optionsSaid"] == []
    id = mapping["id"]
    found = await api.data(
        "query($id: ID!) { node(id: $id) { ... on ImportMapping { name } }"
        " importMappings(kind: CUSTOMERS) { id } importFields(kind: ORDERS) { field isRequired aliases } }",
        {"id": id},
    )
    assert (found["node"], found["importMappings"]) == ({"name": "Till"}, [{"id": id}])
    fields = {field["field"]: field for field in found["importFields"]}
    assert fields["order_id"]["isRequired"]
    assert "Order Number" in fields["order_id"]["aliases"]
    said = {"name": "Till", "kind": "CUSTOMERS", "columns": columns, "id": id, "options": {"timeZone": "UTC"}}
    replaced = (await api.data(SAVE, {"i": said}))["importMappingSave"]["importMapping"]
    assert (replaced["id"], replaced["optionsSaid"]) == (id, ["timeZone"])
    again = await api.data(SAVE, {"i": {"name": "till", "kind": "CUSTOMERS", "columns": columns}})
    assert again["importMappingSave"]["errors"][0]["code"] == "ALREADY_EXISTS"
    gone = await api.data(
        "mutation($id: ID!) { importMappingDelete(input: {id: $id}) { deletedId errors { code } } }",
        {"id": id},
    )
    assert gone["importMappingDelete"] == {"deletedId": id, "errors": []}
