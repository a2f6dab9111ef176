"""Files in the forms that people really have, through the doors and into the database."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from crm_graphql.core.errors import InvalidInput
from crm_graphql.resources import Resources
from tests.ingestion.doors import CUSTOMERS, ORDERS, BodyFormat, apply_pending, figures, send, stream

FIELD = Path(__file__).parents[1] / "data" / "field"
FORMATS = {".csv": BodyFormat.CSV, ".ndjson": BodyFormat.NDJSON}


async def take(resources: Resources, name: str, kind: Any = CUSTOMERS, **settings: Any) -> Any:
    """Send one of the files and apply it; its ingestion."""
    file = FIELD / name
    taken = await stream(resources, kind, file.read_bytes(), format=FORMATS[file.suffix], **settings)
    await apply_pending(resources)
    return taken


async def customers(resources: Resources, *fields: str) -> dict[str, Any]:
    """These fields of all customers, by id."""
    rows = resources.database.customers.find().sort("external_id")
    return {row["external_id"]: tuple(row[field] for field in fields) async for row in rows}


async def row_errors(resources: Resources) -> list[tuple[int, str | None]]:
    """Row and field of each row error."""
    return [(row["row"], row["field"]) async for row in resources.database.row_errors.find().sort("row")]


async def test_a_long_note_changes_nobody_else(resources: Resources) -> None:
    await take(resources, "01a-customer-there-before.csv")
    await take(resources, "01b-quoted-cell-101-line-breaks.csv")
    assert await customers(resources, "email") == {
        "shop": ("sam@example.com",),
        "victim": ("vera@example.com",),
    }


async def test_invisible_signs_leave_addresses_and_a_lost_sign_is_an_error(resources: Resources) -> None:
    taken = await take(resources, "04-email-invisible.csv")
    assert await customers(resources, "email") == {
        "i1": ("ida@example.com",),
        "i2": ("ann@example.com",),
        "i3": ("bob@example.com",),
        "i4": ("cy@example.com",),
    }
    assert (taken.rejected, await row_errors(resources)) == (1, [(4, "email")])


@pytest.mark.parametrize("form", [BodyFormat.CSV, BodyFormat.NDJSON, BodyFormat.JSON])
async def test_records_at_the_wrong_door_are_refused_and_the_right_one_is_named(
    resources: Resources, form: BodyFormat
) -> None:
    orders = [
        {"order_id": f"x{n}", "customer_id": "new", "amount": "5.00", "ordered_at": "2024-01-01"}
        for n in "12"
    ]
    people = [{"customer_id": "new", "name": "Ann", "email": "ann@example.com"}]
    for kind, rows, right in ((CUSTOMERS, orders, "orders"), (ORDERS, people, "customers")):
        body = {
            BodyFormat.CSV: "\n".join([",".join(rows[0]), *(",".join(row.values()) for row in rows)]),
            BodyFormat.NDJSON: "\n".join(json.dumps(row) for row in rows),
            BodyFormat.JSON: json.dumps(rows),
        }[form]
        with pytest.raises(InvalidInput, match=f"Send them to /ingest/{right}"):
            await stream(resources, kind, body, format=form)
    assert await resources.database.ingestions.count_documents({}) == 0
    assert await customers(resources) == {}


async def test_a_single_order_among_customers_is_a_bad_row(resources: Resources) -> None:
    body = '{"customer_id":"a","name":"Ann"}\n{"order_id":"x","customer_id":"b","amount":5}\n'
    taken = await stream(resources, CUSTOMERS, body, format=BodyFormat.NDJSON)
    await apply_pending(resources)
    assert (taken.rejected, list(await customers(resources))) == (1, ["a"])


async def test_the_orders_file_at_the_customers_door_creates_nothing(resources: Resources) -> None:
    with pytest.raises(InvalidInput, match="These are orders, sent as customers"):
        await take(resources, "10-orders-file-as-customers.csv")
    assert await customers(resources) == {}


async def test_a_file_of_ids_and_nothing_known_is_refused(resources: Resources) -> None:
    with pytest.raises(InvalidInput, match="No column but the id is known"):
        await stream(resources, CUSTOMERS, "customer_id,remark\n1,x\n")
    await stream(resources, CUSTOMERS, "customer_id\n1\n")


async def test_shortened_ids_are_row_errors_and_merge_nobody(resources: Resources) -> None:
    taken = await take(resources, "11-ids-shortened-by-excel.csv")
    assert (taken.received, taken.rejected) == (3, 3)
    message = (await resources.database.row_errors.find_one())["message"]  # type: ignore[index]
    assert "shortened by a spreadsheet" in message
    assert await customers(resources) == {}


async def test_placeholders_cost_their_fields_only(resources: Resources) -> None:
    taken = await take(resources, "19-placeholders.csv")
    assert (taken.received, taken.rejected, taken.incomplete) == (2, 0, 2)
    assert await figures(taken) == (2, 0, 0, 0)
    assert await customers(resources, "name", "email", "phone") == {
        "n1": ("Ann", None, None),
        "n2": ("Bea", None, None),
    }
    assert await row_errors(resources) == [(0, "email"), (1, "email")]


async def test_the_names_of_the_mutation_are_taken_in_files(resources: Resources) -> None:
    await take(resources, "23-graphql-names.ndjson")
    body = {
        "externalId": "o1",
        "customerExternalId": "g1",
        "orderedAt": "2024-06-30",
        "amount": 5,
        "quantity": 1,
    }
    await stream(resources, ORDERS, json.dumps([body]), format=BodyFormat.JSON)
    people = "externalId,totalSpend,visitCount,lastVisitAt,signedUpAt\ng2,1.5,2,2024-01-01,2023-01-01\n"
    await stream(resources, CUSTOMERS, people)
    await apply_pending(resources)
    assert await customers(resources, "name", "total_spend", "visit_count") == {
        "g1": ("Ann", 50_000, 1),
        "g2": (None, 15_000, 2),
    }


async def test_a_refund_lowers_the_spend_and_is_no_visit(resources: Resources) -> None:
    row = {"customer_external_id": "c1", "ordered_at": "2024-06-30", "quantity": 1, "amount": "30.00"}
    refund = {**row, "amount": "-27.50", "quantity": -1, "external_id": "o2"}
    await send(resources, ORDERS, [{**row, "external_id": "o1"}, refund])
    csv = "order_id,customer_id,amount,ordered_at,quantity\no3,c1,-0.5,2024-07-01,-1\no4,c1,0,2024-07-01,0\n"
    taken = await stream(resources, ORDERS, csv)
    await apply_pending(resources)
    assert taken.rejected == 0
    assert await customers(resources, "total_spend", "visit_count") == {"c1": (20_000, 2)}
    stored = {row["external_id"]: row["quantity"] async for row in resources.database.orders.find()}
    assert stored == {"o1": 1, "o2": -1, "o3": -1, "o4": 0}


async def test_a_bad_number_is_told_and_the_customer_is_taken(resources: Resources) -> None:
    body = "customer_id,name,phone\n1,Ann,0170 1234567\n2,Bob,4.91701E+11\n3,Cec,call me\n4,,x\n,No,1\n"
    taken = await stream(resources, CUSTOMERS, body, country="DE")
    await apply_pending(resources)
    assert (taken.received, taken.rejected, taken.incomplete) == (5, 1, 3)
    assert await customers(resources, "name", "phone", "reach") == {
        "1": ("Ann", "+491701234567", 2),
        "2": ("Bob", None, 0),
        "3": ("Cec", None, 0),
        "4": (None, None, 0),
    }
    assert await row_errors(resources) == [(1, "phone"), (2, "phone"), (3, "phone"), (4, "customer_id")]


async def test_a_number_without_country_is_kept_and_not_reached(resources: Resources) -> None:
    await stream(resources, CUSTOMERS, "customer_id,phone\n1,0170 1234567\n")
    await apply_pending(resources)
    assert await customers(resources, "phone", "reach") == {"1": ("01701234567", 4)}
