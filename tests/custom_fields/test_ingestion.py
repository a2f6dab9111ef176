"""Custom fields and metadata through every door: recognised, checked, versioned, gone when the field is."""

from __future__ import annotations

import io
import json
from datetime import datetime
from typing import Any

import pytest
from xlsxwriter import Workbook

from crm_graphql.core.errors import InvalidInput
from crm_graphql.customers.metadata import shown_metadata
from crm_graphql.imports.plans import ImportRequest
from crm_graphql.ingestion.preview import preview_file
from crm_graphql.ingestion.stored_plans import Upload
from crm_graphql.resources import Resources
from tests.custom_fields.factories import BOOLEAN, DATE, LIST, TEXT, apply_all, make_field, remove, row_errors
from tests.customers.edits import stored, update
from tests.gql.conftest import Api
from tests.ingestion.doors import CUSTOMERS, INGESTOR, BodyFormat, pieces, stream

NDJSON = BodyFormat.NDJSON


async def take(resources: Resources, body: str | bytes, **further: Any) -> Any:
    """Send a body and apply it."""
    ingestion = await stream(resources, CUSTOMERS, body, **further)
    await apply_all(resources, ingestion)
    return ingestion


async def values(external_id: str) -> dict[str, Any]:
    """The customer's values by key."""
    held = (await stored(external_id)).get("custom_fields") or {}
    return {slot.rpartition("_")[0]: value for slot, value in held.items()}


async def all_types() -> None:
    await make_field("points")
    await make_field("since", DATE)
    await make_field("vip", BOOLEAN)
    await make_field("tier", LIST, options=["Gold", "Silver"])
    await make_field("note", TEXT)


EVERYTHING = {"points": 1234.5, "since": "2024-06-30", "vip": True, "tier": ["Gold", "Silver"], "note": "a;b"}


async def test_a_table_has_a_column_for_each_field(resources: Resources) -> None:
    await all_types()
    table = (
        "customer_id;name;custom.points;Custom.Since;custom.vip;custom.tier;custom.note\n"
        "c1;Ann;1.234,50;30.06.2024;yes;silver, gold;a\n"
        "c2;Bob;;;;;n/a\n"
    )
    ingestion = await take(resources, table)
    assert await values("c1") == {**EVERYTHING, "note": "a"}
    assert await values("c2") == {}
    assert (ingestion.rejected, ingestion.incomplete) == (0, 1)


async def test_a_workbook_brings_typed_cells(resources: Resources) -> None:
    await all_types()
    held = io.BytesIO()
    with Workbook(held, {"in_memory": True}) as book:
        sheet, day = book.add_worksheet(), book.add_format({"num_format": "yyyy-mm-dd"})
        names = ("points", "since", "vip", "tier", "note")
        sheet.write_row(0, 0, ["customer_id", *(f"custom.{name}" for name in names)])
        sheet.write_row(1, 0, ["c1", 1234.5])
        sheet.write_datetime(1, 2, datetime(2024, 6, 30), day)
        sheet.write_row(1, 3, [True, "Gold;Silver", 7])
    await take(resources, held.getvalue())
    assert await values("c1") == {**EVERYTHING, "note": "7"}


@pytest.mark.parametrize("name", ["custom", "customFields"])
async def test_json_brings_an_object_or_single_keys(resources: Resources, name: str) -> None:
    await all_types()
    rows: list[dict[str, Any]] = [
        {"customer_id": "c1", name: EVERYTHING, "metadata": {"a": {"$b": 1}}},
        {"customer_id": "c2", "custom.points": 3},
        {"customer_id": "c3", name: {}},
    ]
    await take(resources, "\n".join(map(json.dumps, rows)), format=NDJSON)
    assert await values("c1") == EVERYTHING
    assert shown_metadata((await stored("c1"))["metadata"]) == {"a": {"$b": 1}}
    assert await values("c2") == {"points": 3}
    clear = {"customer_id": "c1", name: {"points": None, "note": ""}, "metadata": {"a": None}}
    await take(resources, json.dumps([clear]), format=BodyFormat.JSON)
    assert (await values("c1")).keys() == {"since", "vip", "tier"}
    assert shown_metadata((await stored("c1"))["metadata"]) == {}


async def test_a_value_that_does_not_fit_names_its_column_and_why(resources: Resources) -> None:
    await make_field("points", maximum=10.0)
    await make_field("code", TEXT, pattern="[A-Z]+")
    table = "customer_id,custom.points,custom.code\nc1,11,A\nc2,x,A\nc3,1,a\nc4,10,B\n"
    ingestion = await take(resources, table)
    errors = [
        (one["external_id"], one["field"], one["message"]) for one in await row_errors(resources, ingestion)
    ]
    assert errors == [
        ("c1", "custom.points", "custom.points is more than 10, the most that the field takes."),
        ("c2", "custom.points", "custom.points is not a number like 12.5. Send plain digits."),
        ("c3", "custom.code", "custom.code is not of the form [A-Z]+"),
    ]
    assert await values("c4") == {"points": 10, "code": "B"}


async def test_a_column_of_no_field_is_left_out_and_said_so(resources: Resources) -> None:
    await make_field("points")
    table = "customer_id,custom.points,custom.other,custom.$where\nc1,1,x,y\n"
    ingestion = await take(resources, table)
    assert ingestion.plan is not None
    assert "custom.other, custom.$where" in " ".join(ingestion.plan["notes"])
    assert await values("c1") == {"points": 1}
    request = ImportRequest((("x", "custom.other"),))
    with pytest.raises(InvalidInput, match="no custom field"):
        await take(resources, "customer_id,x\nc1,1\n", request=request)
    record = {"customer_id": "c1", "custom": {"other": 1}}
    unknown = await take(resources, json.dumps(record), format=NDJSON)
    assert [(one["field"], one["value"]) for one in await row_errors(resources, unknown)] == [
        ("custom.other", "1")
    ]


async def test_a_column_called_metadata_or_custom_is_no_object(resources: Resources) -> None:
    ingestion = await take(resources, "customer_id,name,metadata,custom\nc1,Ann,x,y\n")
    assert (ingestion.received, ingestion.rejected) == (1, 0)
    assert ingestion.plan is not None
    assert ingestion.plan["ignored"] == ["metadata", "custom"]


async def test_a_mapping_leads_to_a_field_and_the_preview_shows_it(resources: Resources) -> None:
    await make_field("points")
    request = ImportRequest((("Bonus", "custom.points"),))
    preview = await preview_file(
        INGESTOR,
        CUSTOMERS,
        pieces(b"customer_id,Bonus,custom.points\nc1,5,6\nc2,x,1\n"),
        upload=Upload(request=request),
        gzip=False,
        settings=resources.settings,
        clock=resources.clock,
    )
    assert [(one.column, one.field, one.because) for one in preview.plan.columns] == [
        ("customer_id", "customer_id", "heading"),
        ("Bonus", "custom.points", "mapping"),
        ("custom.points", None, None),
    ]
    assert preview.records[0] == {"customer_id": "c1", "custom": {"points": "5"}}
    assert [(one["field"], one["column"]) for one in preview.errors] == [("Bonus", "Bonus")]


async def test_a_field_can_be_used_by_the_next_file_without_a_restart(resources: Resources) -> None:
    table = "customer_id,custom.points\nc1,1\n"
    with pytest.raises(InvalidInput):
        await take(resources, table)
    points = await make_field("points")
    await take(resources, table)
    assert await values("c1") == {"points": 1}
    await remove(points)
    with pytest.raises(InvalidInput):
        await take(resources, table)


async def test_an_older_file_fills_what_is_unset_and_undoes_nothing(resources: Resources) -> None:
    await make_field("points")
    await make_field("note", TEXT)
    given = {"custom": {"points": 1, "note": "old"}, "metadata": {"a": 1, "b": 1}}
    late = await stream(resources, CUSTOMERS, json.dumps({"customer_id": "c1", **given}), format=NDJSON)
    await take(resources, "customer_id,name\nc1,Ann\n")
    await update(resources, "c1", custom_fields={"points": 2}, metadata={"b": None})
    await apply_all(resources, late)
    assert await values("c1") == {"points": 2, "note": "old"}
    assert shown_metadata((await stored("c1"))["metadata"]) == {"a": 1}


async def test_values_of_a_field_deleted_since_they_were_accepted_are_dropped(resources: Resources) -> None:
    points = await make_field("points")
    await make_field("note", TEXT)
    ingestion = await stream(resources, CUSTOMERS, "customer_id,custom.points,custom.note\nc1,1,x\n")
    await remove(points)
    again = await make_field("points")
    await apply_all(resources, ingestion)
    assert await values("c1") == {"note": "x"}
    assert again.slot not in (await stored("c1"))["folded"]["custom"]


async def test_a_field_made_while_a_file_is_on_its_way_is_none_of_it(resources: Resources) -> None:
    async def body() -> Any:
        yield b"customer_id,name,custom.points\n"
        for start in range(0, 6_000, 1_000):
            yield b"".join(b"c%d,%s,1\n" % (number, b"Ann " * 100) for number in range(start, start + 1_000))
        await make_field("points")
        yield b"c1,Bob,2\n"

    ingestion = await stream(resources, CUSTOMERS, body())
    assert (ingestion.received, ingestion.rejected) == (6_001, 0)
    assert ingestion.plan is not None
    assert ingestion.plan["ignored"] == ["custom.points"]


async def test_records_of_a_mutation_bring_both(resources: Resources, api: Api) -> None:
    await make_field("points")
    send = """mutation ($records: [CustomerRecordInput!]!) {
      customersIngest(input: {records: $records}) { ingestion { id rejected
        rowErrors { nodes { field message } } } errors { message } } }"""
    records = [
        {"externalId": "c1", "customFields": {"points": 1.5}, "metadata": {"x.y": [1]}},
        {"externalId": "c2", "customFields": {"points": "many"}},
        {"externalId": "c3", "customFields": 5},
        {"externalId": "c4", "metadata": "x"},
    ]
    found = (await api.data(send, {"records": records}))["customersIngest"]
    assert found["errors"] == []
    fields = [error["field"] for error in found["ingestion"]["rowErrors"]["nodes"]]
    assert fields == ["customFields.points", "customFields", "metadata"]


async def test_what_goes_beyond_the_bounds_of_metadata_is_left_out(resources: Resources) -> None:
    for start in (0, 40):
        given = {f"k{number}": 1 for number in range(start, start + 40)}
        await take(resources, json.dumps({"customer_id": "c1", "metadata": given}), format=NDJSON)
    assert len(shown_metadata((await stored("c1"))["metadata"])) == 64
