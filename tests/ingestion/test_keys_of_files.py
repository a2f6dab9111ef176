"""Customers of files without ids, and of several systems: keyed by their address, found by all their ids."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from crm_graphql.customers.apply_records import SOURCE_IDS
from crm_graphql.customers.derived import folded_copy, reach_of
from crm_graphql.customers.documents import Customer
from crm_graphql.ingestion.documents import RowErrorRecord
from crm_graphql.resources import Resources
from tests.consents.factories import close
from tests.gql.conftest import Api
from tests.ingestion.doors import CUSTOMERS, ORDERS, BodyFormat, apply_pending, send, stream

IDA = "email:ida@example.com"
ORDER = {"external_id": "o1", "amount": "5.00", "ordered_at": "2024-01-01"}


async def take(resources: Resources, kind: Any, *rows: dict[str, Any]) -> Any:
    ingestion = await send(resources, kind, rows)
    await apply_pending(resources)
    return ingestion


async def person(external_id: str = IDA) -> dict[str, Any]:
    row: dict[str, Any] | None = await Customer.get_pymongo_collection().find_one(
        {"external_id": external_id}
    )
    assert row is not None
    assert row["folded"] == folded_copy(row)
    assert row["reach"] == reach_of(row)
    return row


@pytest.mark.parametrize("orders_first", [True, False])
async def test_an_order_under_an_address_makes_a_customer_that_its_record_fills(
    resources: Resources, orders_first: bool
) -> None:
    batches = [
        (ORDERS, {**ORDER, "customer_external_id": IDA}),
        (CUSTOMERS, {"external_id": IDA, "name": "Ida", "email": "Ida@Example.com"}),
    ]
    for kind, row in batches if orders_first else reversed(batches):
        await take(resources, kind, row)
    ida = await person()
    assert (ida["name"], ida["email"], ida["visit_count"]) == ("Ida", "Ida@Example.com", 1)


@pytest.mark.parametrize("orders_first", [True, False])
async def test_a_record_that_says_nothing_of_the_address_leaves_that_of_the_key(
    resources: Resources, orders_first: bool
) -> None:
    batches = [
        (ORDERS, {**ORDER, "customer_external_id": IDA}),
        (CUSTOMERS, {"external_id": IDA, "name": "Ida"}),
    ]
    for kind, row in batches if orders_first else reversed(batches):
        await take(resources, kind, row)
    assert (await person())["email"] == "ida@example.com"
    await take(resources, CUSTOMERS, {"external_id": IDA, "email": None})
    assert (await person())["email"] is None


async def test_a_key_of_a_telephone_number_reaches_and_what_is_no_address_does_not(
    resources: Resources,
) -> None:
    keys = ("phone:+4915112345678", "phone:030 12", "phone:030123456", "email:nobody", "email: ida@x.com")
    orders = [
        {**ORDER, "external_id": key, "customer_external_id": key} for key in (*keys, "telephone:+4915112345")
    ]
    await take(resources, ORDERS, *orders)
    assert (await person(keys[0]))["phone"] == "+4915112345678"
    reached = await Customer.get_pymongo_collection().distinct("external_id", {"reach": {"$gt": 0}})
    assert reached == [keys[0]]


async def test_an_address_that_is_closed_is_so_for_the_customer_of_an_order(resources: Resources) -> None:
    await close(resources, "ida@example.com")
    await take(resources, ORDERS, {**ORDER, "customer_external_id": IDA})
    assert (await person())["suppressed"] == ["EMAIL"]


async def test_ids_of_other_systems_are_added_in_the_order_they_came(resources: Resources) -> None:
    ids = ("shopify:7", "klaviyo:01H", "shopify:7", "7000")
    for source_id in ids:
        await take(resources, CUSTOMERS, {"external_id": "1", "source_id": source_id})
    await take(resources, CUSTOMERS, {"external_id": "1", "source_id": None}, {"external_id": "1"})
    assert (await person("1"))["source_ids"] == ["shopify:7", "klaviyo:01H", "7000"]
    more = [{"external_id": "1", "source_id": f"s:{number}"} for number in range(SOURCE_IDS)]
    await take(resources, CUSTOMERS, *more)
    assert len((await person("1"))["source_ids"]) == SOURCE_IDS


async def test_the_ids_are_the_same_whatever_order_records_come_in(resources: Resources) -> None:
    records = [{"external_id": "", "source_id": f"shop:{number}"} for number in range(3)]
    for number, order in enumerate(permutations(records)):
        for record in order:
            await take(resources, CUSTOMERS, {**record, "external_id": str(number)})
        assert set((await person(str(number)))["source_ids"]) == {"shop:0", "shop:1", "shop:2"}


async def test_files_bring_them_and_a_bad_one_costs_itself_alone(resources: Resources) -> None:
    body = "customer_id,source_id,name\n1,shopify:7000000000001,Ida\n2,7.09E+12,Bob\n3,,Cid\n"
    ingestion = await stream(resources, CUSTOMERS, body)
    await stream(resources, CUSTOMERS, '{"externalId": "4", "sourceId": "s:4"}', format=BodyFormat.NDJSON)
    await apply_pending(resources)
    assert (ingestion.rejected, ingestion.incomplete) == (0, 1)
    error: Any = await RowErrorRecord.get_pymongo_collection().find_one({})
    assert (error["row"], error["field"], error["value"]) == (1, "source_id", "7.09E+12")
    assert (await person("1"))["source_ids"] == ["shopify:7000000000001"]
    assert "source_ids" not in await person("2") | await person("3")
    assert (await person("4"))["source_ids"] == ["s:4"]


SEARCH = """query ($search: String!) { customers(first: 10, filter: {search: $search}) {
  nodes { externalId sourceIds } } }"""


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("shopify:7000000000001", ["1"]),
        ("Shopify:7000", ["1"]),
        ("70000000", ["1"]),
        ("000000001", []),
        ("gid", ["2"]),
    ],
)
async def test_search_finds_customers_by_them_as_by_the_key(api: Api, search: str, found: list[str]) -> None:
    await take(
        api.resources,
        CUSTOMERS,
        {"external_id": "1", "source_id": "shopify:7000000000001"},
        {"external_id": "2", "source_id": "GID"},
        {"external_id": "3"},
    )
    data = await api.data(SEARCH, {"search": search})
    nodes = data["customers"]["nodes"]
    assert [node["externalId"] for node in nodes] == found
    ids = {"1": ["shopify:7000000000001"], "2": ["GID"]}
    assert all(node["sourceIds"] == ids[node["externalId"]] for node in nodes)


async def test_a_mutation_brings_one(api: Api) -> None:
    mutation = """mutation { customersIngest(input: {records: [
      {externalId: "1", sourceId: "shopify:1"}, {externalId: "2", sourceId: "  "}]})
      { ingestion { accepted } errors { message } } }"""
    data = await api.data(mutation)
    assert data["customersIngest"] == {"ingestion": {"accepted": 2}, "errors": []}
    await apply_pending(api.resources)
    assert (await person("1"))["source_ids"] == ["shopify:1"]
