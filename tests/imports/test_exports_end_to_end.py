"""Exports of whole programs through the door: who is there afterwards, what they spent, who is reached."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from crm_graphql.customers.documents import Customer
from crm_graphql.imports.plans import ImportOptions, ImportRequest
from crm_graphql.orders.documents import Order
from crm_graphql.resources import Resources
from tests.consents.test_file_words import reachable
from tests.gql.conftest import Api
from tests.gql.conftest import api as api
from tests.ingestion.doors import CUSTOMERS, ORDERS, apply_pending, stream

EXPORTS = Path(__file__).parents[1] / "data" / "exports"
MAILCHIMP = ("mailchimp-subscribed.csv", "mailchimp-unsubscribed.csv", "mailchimp-cleaned.csv")


async def take(resources: Resources, kind: Any, name: str, **options: Any) -> Any:
    request = ImportRequest(options=ImportOptions(**options))
    ingestion = await stream(resources, kind, (EXPORTS / name).read_bytes(), request=request)
    await apply_pending(resources)
    return ingestion


async def people() -> dict[str, dict[str, Any]]:
    return {row["external_id"]: row async for row in Customer.get_pymongo_collection().find()}


@pytest.mark.parametrize("order", list(permutations(MAILCHIMP)), ids="".join)
async def test_who_left_or_was_cleaned_at_mailchimp_is_never_reached(
    api: Api, order: tuple[str, ...]
) -> None:
    for name in (*order, "mailchimp-subscribed.csv"):
        await take(api.resources, CUSTOMERS, name)
    assert await reachable(api) == 1
    reached = await Customer.get_pymongo_collection().distinct("external_id", {"reach": {"$in": [1, 3]}})
    assert reached == ["email:ann@example.com"]


async def test_who_left_stays_out_when_a_list_without_dates_says_yes(api: Api) -> None:
    for name in MAILCHIMP:
        await take(api.resources, CUSTOMERS, name)
    yes = "".join(f"{row['email']},yes\n" for row in (await people()).values())
    ingestion = await stream(api.resources, CUSTOMERS, f"Email,Subscribed\n{yes}")
    await apply_pending(api.resources)
    assert (ingestion.received, ingestion.rejected) == (5, 0)
    assert await reachable(api) == 1


@pytest.mark.parametrize("orders_first", [True, False])
async def test_both_files_of_a_shop_meet_and_count_once(resources: Resources, orders_first: bool) -> None:
    files = [(ORDERS, "shopify-orders.csv"), (CUSTOMERS, "shopify-customers.csv")]
    for kind, name in files if orders_first else reversed(files):
        await take(resources, kind, name)
    spent = {row["_id"]: 0 for row in (await people()).values()}
    async for order in Order.get_pymongo_collection().find():
        spent[order["customer_id"]] += order["amount"]
    found = await people()
    assert {row["_id"]: row["total_spend"] for row in found.values()} == spent
    assert all(row["opening"]["total_spend"] == 0 for row in found.values())
    assert all(key.startswith(("email:", "phone:")) for key in found)
    assert all(row["email"] for key, row in found.items() if key.startswith("email:"))
