"""Experiments and what came of them in orders, as a client of the API meets them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from bson import ObjectId

from crm_graphql.core.ids import encode_id
from crm_graphql.delivery.documents import Delivery
from crm_graphql.delivery.messages import ReceiptStatus
from tests.attribution.world import EXPERIMENTS, World
from tests.delivery.factories import make_audience, make_customers
from tests.gql.conftest import Api
from tests.gql.conftest import api as api

CREATE = """mutation ($input: CampaignCreateInput!) { campaignCreate(input: $input) {
  campaign { id holdout message { body } variants { key weight message { subject body } stats { total }
    results { orders } } } errors { path code } warnings { path } } }"""
UPDATE = """mutation ($input: CampaignUpdateInput!) { campaignUpdate(input: $input) {
  campaign { holdout message { body } variants { key } } errors { path code } } }"""
RESULTS = """query ($id: ID!) { node(id: $id) { ... on Campaign { stats { total heldOut skipped } results {
  orders revenue splitIsFair lift { value low high } revenueLift { value } }
  variants { key stats { total queued sent heldOut } results { orders revenue splitIsFair lift { value } } }
  deliveries(first: 100) { nodes { variantKey reason } } } } }"""


def given(**changes: Any) -> dict[str, Any]:
    def message(body: str) -> dict[str, Any]:
        return {"subject": "s", "body": body}

    variants = [
        {"key": "short", "weight": 1, "message": message("Hi")},
        {"key": "long", "weight": 3, "message": message("Hello")},
    ]
    return {"name": "Test", "channel": "EMAIL", "holdout": 0.25, "variants": variants, **changes}


async def create(api: Api, **changes: Any) -> dict[str, Any]:
    audience = encode_id("Audience", await make_audience())
    data = await api.data(CREATE, {"input": {**given(**changes), "audienceId": audience}})
    made: dict[str, Any] = data["campaignCreate"]
    return made


async def test_a_draft_shows_its_variants_and_its_holdout(api: Api) -> None:
    campaign = (await create(api))["campaign"]
    assert campaign["holdout"] == 0.25
    assert campaign["message"] == {"body": "Hi"}
    assert [(one["key"], one["weight"], one["message"]["body"]) for one in campaign["variants"]] == [
        ("short", 1, "Hi"),
        ("long", 3, "Hello"),
    ]
    # Before the launch there is nothing that could have come of it.
    assert campaign["variants"][0]["results"] is None


async def test_mistakes_are_told_at_their_places(api: Api) -> None:
    variants = given()["variants"]
    bad = [{**variants[0], "weight": 0}, {**variants[1], "key": "short", "message": {"body": "{{ x"}}]
    answer = await create(api, variants=bad, holdout=0.7, message={"subject": "s", "body": "Hi"})
    paths = {tuple(error["path"]) for error in answer["errors"]}
    assert {
        ("holdout",),
        ("message",),
        ("variants", "0", "weight"),
        ("variants", "1", "key"),
        ("variants", "1", "message", "subject"),
    } <= paths


async def test_a_change_leaves_alone_what_it_does_not_name(api: Api) -> None:
    key = (await create(api))["campaign"]["id"]
    data = await api.data(UPDATE, {"input": {"id": key, "name": "Other"}})
    assert len(data["campaignUpdate"]["campaign"]["variants"]) == 2
    data = await api.data(UPDATE, {"input": {"id": key, "variants": None, "holdout": None}})
    assert data["campaignUpdate"]["campaign"] == {"holdout": 0, "message": {"body": "Hi"}, "variants": []}


async def launched(api: Api) -> tuple[World, ObjectId]:
    """A campaign to a hundred people, all of it handed over."""
    await make_customers(100)
    world = World(api.resources)
    key = await world.launch(EXPERIMENTS[0])
    rows = await Delivery.get_pymongo_collection().find({"campaign_id": key, "status": "QUEUED"}).to_list()
    await world.news(key, rows, ReceiptStatus.SENT)
    return world, key


async def bought(world: World, key: ObjectId) -> tuple[list[dict[str, Any]], int, int, int]:
    """The rows; how many got the message, of whom half buy, and how many were held out, of whom a quarter
    buys; how many orders are to be credited."""
    rows = await Delivery.get_pymongo_collection().find({"campaign_id": key}).to_list()
    held_out = [row for row in rows if row["reason"] == "HOLDOUT"]
    treated = [row for row in rows if row["reason"] != "HOLDOUT"]
    buyers = [*treated[: len(treated) // 2], *held_out[: len(held_out) // 4]]
    # All of them had it by then, none too long ago.
    moment = rows[0]["created_at"] + timedelta(hours=61)
    await world.buy(
        *(
            {
                "external_id": f"o{number}",
                "customer_external_id": row["address"].split("@")[0],
                "amount": "10.50",
                "ordered_at": moment.isoformat(),
            }
            for number, row in enumerate(buyers)
        )
    )
    await world.follow()
    return rows, len(treated), len(held_out), len(treated) // 2


async def test_orders_revenue_and_lift_are_read_of_the_campaign_and_of_each_variant(api: Api) -> None:
    world, key = await launched(api)
    rows, treated, held_out, count = await bought(world, key)
    node = (await api.data(RESULTS, {"id": encode_id("Campaign", key)}))["node"]
    results = node["results"]
    assert (results["orders"], results["revenue"]) == (count, f"{count * 10.5:.2f}")
    assert results["splitIsFair"] is True
    ratio = (count / treated) / (held_out // 4 / held_out)
    assert results["lift"]["value"] == pytest.approx(ratio - 1)
    assert results["lift"]["low"] < results["lift"]["value"] < results["lift"]["high"]
    # All spent the same, so it is the same ratio.
    assert results["revenueLift"]["value"] == pytest.approx(ratio - 1)
    assert sum(one["results"]["orders"] for one in node["variants"]) == count
    assert sum(one["stats"]["total"] for one in node["variants"]) == treated
    assert node["stats"]["heldOut"] == node["stats"]["skipped"] == held_out
    drawn = {row["_id"]: row.get("variant") for row in rows}
    assert sorted(str(one["variantKey"]) for one in node["deliveries"]["nodes"]) == sorted(
        map(str, drawn.values())
    )


async def test_a_campaign_without_holdout_or_orders_has_nothing_to_compare(api: Api) -> None:
    await make_customers(5)
    world = World(api.resources)
    key = await world.launch(EXPERIMENTS[2])
    await world.follow()
    node = (await api.data(RESULTS, {"id": encode_id("Campaign", key)}))["node"]
    assert node["results"] == {
        "orders": 0,
        "revenue": "0.00",
        "splitIsFair": True,
        "lift": None,
        "revenueLift": None,
    }


async def test_a_split_that_came_out_wrong_is_told_and_not_compared(api: Api) -> None:
    world, key = await launched(api)
    await bought(world, key)
    campaigns = api.resources.database.campaigns
    await campaigns.update_one({"_id": key}, {"$set": {"variant_stats.a.total": 5_000}})
    node = (await api.data(RESULTS, {"id": encode_id("Campaign", key)}))["node"]
    assert node["results"]["splitIsFair"] is False
    assert node["results"]["orders"] > 0
    assert node["results"]["lift"] is None
    assert node["results"]["revenueLift"] is None
