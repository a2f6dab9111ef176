"""Lists page by key in both directions, nested lists cost one query, and only what is asked is fetched."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from bson import ObjectId

from crm_graphql.core.ids import encode_id
from tests.gql.conftest import Api
from tests.gql.factories import START, insert_customers, insert_orders
from tests.servers.commands import noted_reads

PAGE = """query ($first: Int, $after: String, $last: Int, $before: String, $sort: CustomerSort) {
  customers(first: $first, after: $after, last: $last, before: $before, sort: $sort) {
    nodes { externalId } edges { cursor }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"""


async def page(api: Api, **variables: Any) -> tuple[list[str], dict[str, Any]]:
    found = (await api.data(PAGE, variables))["customers"]
    return [node["externalId"] for node in found["nodes"]], found["pageInfo"]


SORTS: list[dict[str, str] | None] = [
    None,
    *(
        {"field": field, "direction": direction}
        for field in ("CREATED_AT", "NAME", "TOTAL_SPEND", "VISIT_COUNT", "LAST_VISIT_AT")
        for direction in ("ASC", "DESC")
    ),
]


@pytest.mark.parametrize("sort", SORTS, ids=lambda sort: "-".join(sort.values()) if sort else "default")
async def test_walking_forward_and_backward_sees_each_customer_once_in_one_order(
    api: Api, sort: dict[str, str] | None
) -> None:
    await insert_customers(
        23,
        name=lambda number: None if number % 3 == 0 else f"N{number % 5}",
        last_visit_at=lambda number: None if number % 4 == 0 else _day(number % 6),
    )
    whole, _ = await page(api, first=100, sort=sort)
    assert len(set(whole)) == 23

    forward: list[str] = []
    after = None
    while True:
        rows, info = await page(api, first=5, after=after, sort=sort)
        forward += rows
        assert info["hasPreviousPage"] is (after is not None)
        after = info["endCursor"]
        if not info["hasNextPage"]:
            break
    assert forward == whole

    backward: list[str] = []
    before = None
    while True:
        rows, info = await page(api, last=5, before=before, sort=sort)
        backward = rows + backward
        before = info["startCursor"]
        if not info["hasPreviousPage"]:
            break
    assert backward == whole


def _day(number: int) -> datetime:
    return START + timedelta(days=number)


async def test_a_customer_is_found_by_id_and_by_the_callers_key(api: Api) -> None:
    await insert_customers(3)
    one = (await api.data('{ customer(by: {externalId: "C0001"}) { id name totalSpend } }'))["customer"]
    assert (one["name"], one["totalSpend"]) == ("Name 0001", "1.00")
    again = await api.data(
        "query ($id: ID!) { customer(by: {id: $id}) { id } node(id: $id) { id ... on Customer { name } } }",
        {"id": one["id"]},
    )
    assert again == {"customer": {"id": one["id"]}, "node": {"id": one["id"], "name": "Name 0001"}}
    assert (await api.data('{ customer(by: {externalId: "nobody"}) { id } }'))["customer"] is None


async def test_search_is_a_prefix_without_regard_to_case_and_tags_must_all_be_there(api: Api) -> None:
    await insert_customers(
        12, name=lambda number: f"Zoë {number}", tags=lambda number: ["VIP", f"t{number % 2}"]
    )
    document = "query ($f: CustomerFilter) { customers(filter: $f) { totalCount nodes { externalId } } }"
    for search, count in (("ZOË 1", 3), ("c1@EXAMPLE", 1), ("c000", 10), (".*", 0), ("name", 0)):
        found = (await api.data(document, {"f": {"search": search}}))["customers"]
        assert found["totalCount"] == len(found["nodes"]) == count, search
    found = (await api.data(document, {"f": {"tags": ["vip", "T1"]}}))["customers"]
    assert found["totalCount"] == 6


@pytest.mark.parametrize(
    ("search", "is_found"),
    [
        *(("Garc", True), ("maria", True), ("GARCÍA ana", True), ("ana mar", True), ("ópez", False)),
        *(
            ("lópez", True),
            ("ana smith", False),
            ("Ana María", True),
            ("García-L", True),
            ("c0@example", True),
        ),
    ],
)
async def test_search_finds_any_words_of_the_name(api: Api, search: str, is_found: bool) -> None:
    await insert_customers(1, name="Ana Maria María García-López")
    document = "query ($s: String) { customers(filter: {search: $s}) { nodes { externalId } } }"
    found = (await api.data(document, {"s": search}))["customers"]["nodes"]
    assert bool(found) is is_found


async def test_a_customer_of_a_former_release_is_found_by_the_beginning_of_the_name(api: Api) -> None:
    await insert_customers(1, name="Ana García")
    await api.resources.database.customers.update_many({}, {"$unset": {"folded.name_words": 1}})
    document = '{ customers(filter: {search: "ana g"}) { nodes { externalId } } }'
    assert len((await api.data(document))["customers"]["nodes"]) == 1


async def test_a_list_is_filtered_by_a_rule(api: Api) -> None:
    await insert_customers(10)
    rule = {"where": {"field": "totalSpend", "operator": "GTE", "value": "7"}}
    document = "query ($f: CustomerFilter) { customers(filter: $f) { totalCount } }"
    assert (await api.data(document, {"f": {"rule": rule}}))["customers"]["totalCount"] == 3


async def test_orders_are_newest_first_and_filtered_by_customer_and_time(api: Api) -> None:
    await insert_orders(await insert_customers(2), 10)
    document = """query ($f: OrderFilter) { orders(filter: $f, first: 100) {
      totalCount nodes { orderedAt amount customer { externalId } } } }"""
    found = (await api.data(document, {"f": {"customer": {"externalId": "C0001"}, "orderedFrom": "2024-01-03",
                                             "orderedUntil": "2024-01-06T00:00:00Z"}}))["orders"]  # fmt: skip
    assert [row["orderedAt"] for row in found["nodes"]] == [f"2024-01-0{day}T00:00:00Z" for day in (5, 4, 3)]
    assert {row["customer"]["externalId"] for row in found["nodes"]} == {"C0001"}
    assert (found["totalCount"], found["nodes"][0]["amount"]) == (3, "12.34")


NESTED = """{ customers(first: 20) { nodes { externalId
  orders(first: 3) { nodes { externalId amount customer { name } } }
  deliveries(first: 3) { nodes { status campaign { name } } } } } }"""


async def test_a_nested_query_costs_a_query_a_level_however_many_parents(api: Api) -> None:
    await insert_orders(await insert_customers(20), 5)
    with noted_reads() as reads:
        found = (await api.data(NESTED))["customers"]["nodes"]
    assert [len(node["orders"]["nodes"]) for node in found] == [3] * 20
    assert len(reads) == 4, [next(iter(read.items())) for read in reads]


async def test_nested_pages_go_on_from_their_cursor(api: Api) -> None:
    await insert_orders(await insert_customers(1), 5)
    document = """query ($after: String) { customer(by: {externalId: "C0000"}) {
      orders(first: 2, after: $after) {
      totalCount nodes { orderedAt } pageInfo { hasNextPage endCursor } } } }"""
    days: list[str] = []
    after = None
    while True:
        orders = (await api.data(document, {"after": after}))["customer"]["orders"]
        days += [node["orderedAt"][:10] for node in orders["nodes"]]
        assert orders["totalCount"] == 5
        if not orders["pageInfo"]["hasNextPage"]:
            break
        after = orders["pageInfo"]["endCursor"]
    assert days == [f"2024-01-0{day}" for day in (5, 4, 3, 2, 1)]


async def test_counting_costs_nothing_when_nobody_asks(api: Api) -> None:
    await insert_customers(3)
    with noted_reads() as reads:
        await api.data('{ customers(filter: {search: "name"}) { nodes { id } } }')
    assert len(reads) == 1
    with noted_reads() as reads:
        await api.data('{ customers(filter: {search: "name"}) { totalCount nodes { id } } }')
    assert len(reads) == 2


async def test_only_the_selected_fields_leave_the_database(api: Api) -> None:
    await insert_customers(3)
    with noted_reads() as reads:
        await api.data(
            "{ customers { ...page } } "
            "fragment page on CustomerConnection { edges { node { ... on Customer { email } } } }"
        )
    (read,) = reads
    assert read["projection"] == {"_id": 1, "email": 1, "created_at": 1}


async def test_nodes_come_in_the_order_asked_with_null_for_what_is_not_there(api: Api) -> None:
    await insert_customers(3)
    ids = [node["id"] for node in (await api.data("{ customers { nodes { id } } }"))["customers"]["nodes"]]
    gone = encode_id("Customer", ObjectId())
    asked = [ids[2], gone, ids[0], ids[2]]
    with noted_reads() as reads:
        found = await api.data("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", {"ids": asked})
    assert found["nodes"] == [{"id": ids[2]}, None, {"id": ids[0]}, {"id": ids[2]}]
    # The second is whether anybody was ever merged into another.
    assert [read["find"] for read in reads] == ["customers", "merged_customers"]
