"""Every list pages both ways, and its cursors are refused by every other list, order and filter."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise, permutations
from typing import Any, NamedTuple

import pytest
from bson import ObjectId
from graphql import GraphQLObjectType, get_named_type

from crm_graphql.audiences.documents import Audience
from crm_graphql.bounces.documents import Bounce
from crm_graphql.bulk.documents import BulkOperation
from crm_graphql.campaigns.documents import Campaign
from crm_graphql.core.ids import encode_id
from crm_graphql.core.paging import encode_cursor
from crm_graphql.customers.documents import Customer
from crm_graphql.customers.words import ConsentStatus
from crm_graphql.delivery.documents import Delivery
from crm_graphql.duplicates.documents import SharedAddress
from crm_graphql.exports.documents import Export
from crm_graphql.groups.documents import Group
from crm_graphql.ingestion.documents import RowErrorRecord
from crm_graphql.media.documents import MediaAttachment
from crm_graphql.schema import executable_schema
from tests.consents.factories import close, make_people, make_topic, said
from tests.delivery.factories import make_ledger
from tests.gql.conftest import Api
from tests.gql.factories import START, insert_customers, insert_orders
from tests.media.factories import insert_media

INFO = "pageInfo { startCursor endCursor hasNextPage hasPreviousPage }"
RULE = {"where": {"field": "visitCount", "operator": "GTE", "value": 0}}


class List(NamedTuple):
    """A list of the schema, of this parent, with these arguments."""

    field: str
    arguments: str = ""
    parent: str | None = None

    def document(self, page: str) -> str:
        """The query for a page of it."""
        type_, name = self.field.split(".")
        given = ", ".join(filter(None, (self.arguments, page)))
        inner = (
            f"{name}{f'({given})' if given else ''} {{ edges {{ cursor node {{ {self.shown()} }} }} {INFO} }}"
        )
        return (
            f'{{ node(id: "{self.parent}") {{ ... on {type_} {{ {inner} }} }} }}'
            if self.parent
            else f"{{ {inner} }}"
        )

    def shown(self) -> str:
        """What tells its objects apart."""
        return _TOLD_BY.get(self.field, "id")


_TOLD_BY = {
    "Ingestion.rowErrors": "row",
    "Customer.consentHistory": "source",
    "Query.tags": "name",
    "Query.customerDuplicates": "value",
}
"""What tells objects apart that have no id."""


async def page(api: Api, list_: List, place: str) -> tuple[list[Any], Mapping[str, Any]]:
    """The objects of a page, and where it lies."""
    data = await api.data(list_.document(place))
    found = (data["node"] if list_.parent else data)[list_.field.split(".")[1]]
    assert [found["edges"][end]["cursor"] for end in (0, -1)] == [
        found["pageInfo"][name] for name in ("startCursor", "endCursor")
    ]
    return [edge["node"][list_.shown()] for edge in found["edges"]], found["pageInfo"]


GROUPS = [ObjectId() for _ in range(4)]

ROOT = [
    List("Query.customers"),
    *(
        List("Query.customers", f"sort: {{ field: {field}, direction: {way} }}")
        for field in ("NAME", "TOTAL_SPEND")
        for way in ("ASC", "DESC")
    ),
    List("Query.customers", 'filter: { search: "name" }'),
    List("Query.customers", 'filter: { tags: ["vip"] }'),
    List(
        "Query.customers",
        'filter: { rule: { where: { field: "visitCount", operator: GTE, value: 0 } } }',
    ),
    List("Query.orders"),
    List("Query.orders", 'filter: { customer: { externalId: "C0000" } }'),
    List("Query.orders", 'filter: { orderedFrom: "2020-01-01" }'),
    List("Query.orders", 'filter: { orderedFrom: "2020-01-02" }'),
    List("Query.campaigns"),
    List("Query.campaigns", "filter: { statuses: [SENDING] }"),
    List("Query.audiences"),
    List("Query.audiences", 'search: "a"'),
    List("Query.ingestions"),
    List("Query.auditEvents"),
    List("Query.auditEvents", 'filter: { action: "customersIngest" }'),
    List("Query.users"),
    List("Query.suppressions"),
    List("Query.suppressions", "channel: EMAIL"),
    List("Query.suppressions", 'search: "s"'),
    List("Query.bounces"),
    List("Query.tags"),
    List("Query.tags", 'search: "t"'),
    List("Query.customerDuplicates"),
    List("Query.groups"),
    List("Query.groups", 'search: "g"'),
    List("Query.bulkOperations"),
    List("Query.mediaFiles"),
    List("Query.mediaFiles", 'search: "p"'),
    List("Query.exports"),
    List("Query.customers", f'filter: {{ groupId: "{encode_id("Group", GROUPS[0])}" }}'),
]


async def make_groups(customers: list[ObjectId]) -> list[List]:
    """Four groups that the customers are in, four operations, and the lists of them."""
    rows = [
        {"_id": key, "name": f"g {number}", "name_key": f"g {number}", "name_words": ["g", str(number)]}
        for number, key in enumerate(GROUPS)
    ]
    await Group.get_pymongo_collection().insert_many([{**row, "created_at": START} for row in rows])
    joined = {"groups": GROUPS, "folded.groups": [str(key) for key in GROUPS]}
    await Customer.get_pymongo_collection().update_many({"_id": {"$in": customers}}, {"$set": joined})
    nothing = dict.fromkeys(("failure_reason", "matched", "created_by", "completed_at"))
    done = {**nothing, "kind": "TAG", "status": "COMPLETED", "done": 0, "created_at": START}
    done |= {"failed": len(customers), "failed_ids": customers}
    operations = await BulkOperation.get_pymongo_collection().insert_many([dict(done) for _ in range(4)])
    made = {**nothing, "content": "ORDERS", "format": "CSV", "status": "FAILED", "rows": 0, "as_of": None}
    made |= {"is_one_moment": True, "note": None, "created_at": START, "expires_at": START}
    await Export.get_pymongo_collection().insert_many([dict(made) for _ in range(4)])
    return [
        *(
            List("BulkOperation.failedCustomers", "", encode_id("BulkOperation", key))
            for key in operations.inserted_ids[:2]
        ),
        *(List("Group.customers", "", encode_id("Group", key)) for key in GROUPS[:2]),
        *(List("Customer.groups", "", encode_id("Customer", key)) for key in customers[:2]),
    ]


async def make_media(customers: list[ObjectId]) -> list[List]:
    """Four files, each of the customers'."""
    keys = [await insert_media(f"p {number}.png") for number in range(4)]
    pairs = [{"media_id": key, "customer_id": customer} for key in keys for customer in customers]
    await MediaAttachment.get_pymongo_collection().insert_many(
        [{**pair, "attached_at": START} for pair in pairs]
    )
    return [
        *(List("Media.customers", "", encode_id("Media", key)) for key in keys[:2]),
        *(List("Customer.media", "", encode_id("Customer", key)) for key in customers[:2]),
    ]


async def share_addresses() -> None:
    """Four addresses that customers share."""
    rows = [
        {"_id": f"email:{letter}@x.org", "by": "email", "value": f"{letter}@x.org", "customers": 2}
        for letter in "abcd"
    ]
    await SharedAddress.get_pymongo_collection().insert_many(rows)


async def make_bounces() -> None:
    """Four that came in at the same moment."""
    rows = [{"_id": ObjectId(), "kind": "SOFT", "at": START, "channel": "EMAIL"} for _ in range(4)]
    await Bounce.get_pymongo_collection().insert_many(rows)


CHILDREN = ("orders", "deliveries", "timeline")


@pytest.fixture
async def lists(api: Api) -> list[List]:
    """All lists, at least four objects in each."""
    customers = await insert_customers(5, tags=lambda number: ["vip", f"t{number}"])
    await insert_orders(customers[:2], 4)
    campaigns = [(await make_ledger(4))[0] for _ in range(4)]
    deliveries = Delivery.get_pymongo_collection()
    for number in range(4):
        for place, campaign in enumerate(campaigns[:4]):
            change = {"$set": {"customer_id": customers[(number + place) % 4]}}
            await deliveries.update_one({"campaign_id": campaign, "number": number}, change)
    made = [
        {"_id": ObjectId(), "name": f"A {number}", "name_words": ["a", str(number)], "rule": RULE}
        for number in range(4)
    ]
    times = {"created_at": START, "updated_at": START}
    await Audience.get_pymongo_collection().insert_many([{**row, **times} for row in made])
    assert await Campaign.get_pymongo_collection().count_documents({}) == 4
    await share_addresses()
    await make_bounces()
    sent_to = made[0]["_id"]
    await Campaign.get_pymongo_collection().update_many({}, {"$set": {"audience_id": sent_to}})
    ingestions = []
    for number in range(4):
        records = ", ".join(f'{{externalId: "n{number}", visitCount: -1}}' for _ in range(4))
        answer = await api.data(
            f"mutation {{ customersIngest(input: {{records: [{records}]}}) {{ ingestion {{ id }} }} }}"
        )
        ingestions.append(answer["customersIngest"]["ingestion"]["id"])
        input_ = f'{{email: "u{number}@example.com", role: VIEWER}}'
        await api.data(f"mutation {{ userCreate(input: {input_}) {{ user {{ id }} }} }}")
    assert await RowErrorRecord.get_pymongo_collection().count_documents({}) == 16
    people = [encode_id("Customer", key) for key in customers[:2]]
    topic, speakers = await make_topic(api.resources), await make_people({}, {})
    for number in range(4):
        await close(api.resources, f"s{number}@example.com")
        for key in speakers:
            await said(api.resources, key, topic, ConsentStatus.SUBSCRIBED, source=f"form {number}")
    sent = [encode_id("Campaign", key) for key in campaigns[:2]]
    return [
        *ROOT,
        *(List(f"Customer.{name}", "", person) for name in CHILDREN for person in people),
        *await make_groups(customers),
        *await make_media(customers),
        *(List("Customer.consentHistory", "", encode_id("Customer", key)) for key in speakers),
        *(List("Campaign.deliveries", "", key) for key in sent),
        *(
            List("Campaign.deliveries", arguments, sent[0])
            for arguments in (
                "filter: { statuses: [QUEUED] }",
                'filter: { search: "name" }',
                "sort: { field: UPDATED_AT, direction: ASC }",
                "sort: { field: UPDATED_AT, direction: DESC }",
                "sort: { field: LEDGER, direction: DESC }",
            )
        ),
        *(List("Ingestion.rowErrors", "", key) for key in ingestions[:2]),
        List("Audience.campaigns", "", encode_id("Audience", sent_to)),
        *(List("Audience.customers", "", encode_id("Audience", row["_id"])) for row in made[:2]),
    ]


def connections() -> set[str]:
    """Every field of the schema that is a connection."""
    return {
        f"{type_.name}.{name}"
        for type_ in executable_schema().type_map.values()
        if isinstance(type_, GraphQLObjectType)
        for name, field in type_.fields.items()
        if get_named_type(field.type).name.endswith("Connection")
    }


async def test_no_list_of_the_schema_is_left_out_here(lists: list[List]) -> None:
    assert {list_.field for list_ in lists} == connections()


async def test_every_list_pages_both_ways(api: Api, lists: list[List]) -> None:
    for list_ in lists:
        whole, _ = await page(api, list_, "first: 100")
        assert len(whole) >= 4, list_
        first, info = await page(api, list_, "first: 2")
        assert (first, info["hasNextPage"], info["hasPreviousPage"]) == (whole[:2], True, False), list_
        following, info = await page(api, list_, f'first: 1, after: "{info["endCursor"]}"')
        assert (following, info["hasNextPage"], info["hasPreviousPage"]) == (whole[2:3], True, True), list_
        back, info = await page(api, list_, f'last: 1, before: "{info["startCursor"]}"')
        assert (back, info["hasNextPage"], info["hasPreviousPage"]) == (whole[1:2], True, True), list_
        last, info = await page(api, list_, "last: 2")
        assert (last, info["hasNextPage"], info["hasPreviousPage"]) == (whole[-2:], False, True), list_


async def test_a_cursor_of_another_list_order_or_filter_is_refused(api: Api, lists: list[List]) -> None:
    ends = {list_: (await page(api, list_, "first: 2"))[1]["endCursor"] for list_ in lists}
    alike = [(a, b) for a, b in permutations(lists, 2) if a.field.split(".")[1] == b.field.split(".")[1]]
    for own, other in [*alike, *pairwise([*lists, lists[0]])]:
        for argument in ("after", "before"):
            body = await api.ask(own.document(f'{argument}: "{ends[other]}"'))
            (error,) = body["errors"]
            assert "not a cursor of this list" in error["message"], (own, other)
            assert error["extensions"] == {"code": "BAD_USER_INPUT", "inputPath": [argument]}, (own, other)


async def test_a_cursor_of_the_former_release_is_refused(api: Api, lists: list[List]) -> None:
    former = encode_cursor(START, ObjectId())
    for list_ in lists:
        (error,) = (await api.ask(list_.document(f'after: "{former}"')))["errors"]
        assert "not a cursor of this list" in error["message"], list_


@pytest.mark.parametrize("same", ["filter: {}", "filter: null", "filter: { search: null }", ""])
async def test_a_filter_that_says_nothing_is_the_list_without_one(
    api: Api, lists: list[List], same: str
) -> None:
    _, info = await page(api, List("Query.customers"), "first: 2")
    rows, _ = await page(api, List("Query.customers", same), f'first: 2, after: "{info["endCursor"]}"')
    assert len(rows) == 2
