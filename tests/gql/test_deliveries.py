"""The deliveries of a campaign: found by recipient, ordered by their last change."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from bson import ObjectId

from crm_graphql.core.actor import Actor, Role
from crm_graphql.core.errors import Forbidden
from crm_graphql.core.ids import encode_id
from crm_graphql.delivery.documents import Delivery
from crm_graphql.delivery.queries import RECIPIENTS_LIMIT, deliveries_to
from crm_graphql.delivery.same_addresses import address_key
from tests.delivery.factories import make_ledger
from tests.gql.conftest import Api
from tests.gql.factories import START, insert_customers
from tests.gql.test_page_costs import MANY
from tests.profiling import profiled

PEOPLE = 30
LIST = """query ($id: ID!, $filter: DeliveryFilter, $sort: DeliverySort) { node(id: $id) { ... on Campaign {
  deliveries(filter: $filter, sort: $sort, first: 100) { totalCount nodes { address updatedAt } } } } }"""


@pytest.fixture
async def campaign(api: Api) -> ObjectId:
    """A campaign to thirty customers and one who was erased; another one to the same."""
    customers = await insert_customers(PEOPLE, name=lambda number: f"Ida N{number:02d}")
    for _ in range(2):
        key, _ = await make_ledger(PEOPLE)
        for number, customer in enumerate(customers):
            address = f"c{number}@example.com"
            change = {"customer_id": customer, "address_key": address_key(key, address)}
            row = {"campaign_id": key, "number": number}
            await Delivery.get_pymongo_collection().update_one(row, {"$set": change})
    return key


async def found(api: Api, key: ObjectId, search: str, **filter: Any) -> list[str]:
    """The addresses of the deliveries that a search finds, in the order of the ledger."""
    variables = {"id": encode_id("Campaign", key), "filter": {"search": search, **filter}}
    deliveries = (await api.data(LIST, variables))["node"]["deliveries"]
    assert deliveries["totalCount"] == len(deliveries["nodes"])
    return [node["address"] for node in deliveries["nodes"]]


@pytest.mark.parametrize(
    ("search", "numbers"),
    [
        ("c7@example.com", [7]),
        (" C7@EXAMPLE.com", [7]),
        ("c\u200b7@example.com", [7]),
        ("c2", [2, *range(20, 30)]),
        ("n07", [7]),
        ("C0007", [7]),
        ("ida n1", list(range(10, 20))),
        ("nobody", []),
        ("  ", list(range(PEOPLE))),
    ],
)
async def test_deliveries_are_found_by_whom_they_went_to(
    api: Api, campaign: ObjectId, search: str, numbers: list[int]
) -> None:
    assert await found(api, campaign, search) == [f"c{number}@example.com" for number in numbers]


async def test_a_delivery_is_found_by_the_address_that_its_customer_had(api: Api, campaign: ObjectId) -> None:
    change = {"$set": {"folded.email": "new@example.com", "email": "new@example.com"}}
    await api.resources.database.customers.update_one({"external_id": "C0007"}, change)
    assert await found(api, campaign, "c7@example.com") == ["c7@example.com"]
    assert await found(api, campaign, "new@") == ["c7@example.com"]


async def test_a_search_and_a_state_must_both_hold(api: Api, campaign: ObjectId) -> None:
    assert await found(api, campaign, "c7", statuses=["FAILED"]) == []
    assert await found(api, campaign, "c7", statuses=["QUEUED"]) == ["c7@example.com"]


async def test_a_search_that_finds_too_many_says_so(api: Api, campaign: ObjectId) -> None:
    await insert_customers(RECIPIENTS_LIMIT, external_id=lambda number: f"X{number}")
    variables = {"id": encode_id("Campaign", campaign), "filter": {"search": "x"}}
    assert (await api.data(LIST, variables))["node"]["deliveries"]["nodes"] == []
    await insert_customers(1, external_id="X", name="one more")
    (error,) = (await api.ask(LIST, variables))["errors"]
    assert error["extensions"]["inputPath"] == ["filter", "search"]
    assert "More than 1,000 customers" in error["message"]


async def test_a_search_looks_at_those_whom_it_finds_and_no_others(api: Api) -> None:
    key, _ = await make_ledger(MANY)
    people = await insert_customers(10, name=lambda number: f"Ida N{number:02d}")
    collection = Delivery.get_pymongo_collection()
    for number, person in enumerate(people):
        row = {"campaign_id": key, "number": MANY - 1 - number}
        await collection.update_one(row, {"$set": {"customer_id": person}})
    async with profiled(api.resources.database) as reads:
        assert len(await found(api, key, "ida")) == len(people)
    ledger = [read for read in reads if read["ns"].endswith(".deliveries")]
    assert len(ledger) == 4, "whom it finds, by customer and by address; the page and its count"
    assert all(read["docsExamined"] <= len(people) for read in ledger)
    assert all(read["keysExamined"] <= 2 * len(people) + 1 for read in ledger)


@pytest.mark.parametrize("way", ["ASC", "DESC"])
async def test_deliveries_are_ordered_by_their_last_change(api: Api, campaign: ObjectId, way: str) -> None:
    collection = Delivery.get_pymongo_collection()
    for number in range(PEOPLE):
        place = (number * 7) % PEOPLE
        change = {"revision": 10 + place, "updated_at": START + timedelta(seconds=place)}
        await collection.update_one({"campaign_id": campaign, "number": number}, {"$set": change})
    variables = {"id": encode_id("Campaign", campaign), "sort": {"field": "UPDATED_AT", "direction": way}}
    nodes = (await api.data(LIST, variables))["node"]["deliveries"]["nodes"]
    moments = [node["updatedAt"] for node in nodes]
    assert moments == sorted(moments, reverse=way == "DESC")
    assert len(set(moments)) == PEOPLE


async def test_who_may_not_read_customers_cannot_search_by_them(campaign: ObjectId) -> None:
    stranger = Actor(Role.INGESTOR, "tester")
    with pytest.raises(Forbidden):
        await deliveries_to(stranger, campaign, "ida", default_country=None)


async def test_deliveries_are_found_by_the_variant_that_they_are_of(api: Api, campaign: ObjectId) -> None:
    collection = Delivery.get_pymongo_collection()
    for number, variant in ((3, "short"), (4, "short"), (5, "long")):
        row = {"campaign_id": campaign, "number": number}
        await collection.update_one(row, {"$set": {"variant": variant}})
    assert await found(api, campaign, "", variants=["short"]) == ["c3@example.com", "c4@example.com"]
    assert await found(api, campaign, "c4", variants=["short", "long"]) == ["c4@example.com"]
    assert await found(api, campaign, "", variants=["none"]) == []
