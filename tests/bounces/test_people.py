"""Bounces of people who are erased or merged, and how bounces are read."""

from __future__ import annotations

from datetime import timedelta

import pytest
from bson import ObjectId

from crm_graphql.bounces.documents import Bounce
from crm_graphql.core.actor import Role
from crm_graphql.delivery.documents import Delivery, DeliveryStatus
from crm_graphql.delivery.webhooks.port import Returned
from crm_graphql.resources import Resources
from tests.bounces.factories import bounces, notice, take
from tests.consents.factories import make_people
from tests.customers.merges import merge, reconcile
from tests.delivery.factories import make_ledger
from tests.exports.test_contents import erase
from tests.gql.conftest import Api
from tests.gql.conftest import api as api

LIST = """{ bounces(first: 10) { totalCount nodes { id at isComplaint isHard status text
  delivery { id address } suppression { address reason } } } }"""


async def bounced(resources: Resources, customer: ObjectId, kind: Returned = Returned.HARD) -> str:
    """The id of the customer's delivery, which came back."""
    _, ids = await make_ledger(1, status=DeliveryStatus.DELIVERED)
    await Delivery.get_pymongo_collection().update_one(
        {"_id": ObjectId(ids[0])}, {"$set": {"customer_id": customer}}
    )
    await take(resources, notice(ids[0], kind))
    return ids[0]


async def test_of_who_is_erased_no_bounce_stays(resources: Resources) -> None:
    ida, ole = await make_people({"email": "ida@example.com"}, {"email": "ole@example.com"})
    await bounced(resources, ida)
    await bounced(resources, ole)
    await erase(resources, ida)
    assert [row["customer_id"] for row in await bounces()] == [ole]


async def test_bounces_go_with_who_is_merged(resources: Resources) -> None:
    ida, ole = await make_people({"email": "ida@example.com"}, {"email": "ole@example.com"})
    await bounced(resources, ole)
    await merge(resources, ida, ole)
    await reconcile(resources)
    assert [row["customer_id"] for row in await bounces()] == [ida]


async def test_they_are_listed_newest_first_with_what_they_led_to(api: Api) -> None:
    (ida,) = await make_people({"email": "ida@example.com"})
    hard = await bounced(api.resources, ida)
    await bounced(api.resources, ida, Returned.COMPLAINT)
    older = {"$set": {"at": api.resources.clock.now() - timedelta(hours=1)}}
    await Bounce.get_pymongo_collection().update_one({"delivery_id": ObjectId(hard)}, older)
    listed = (await api.data(LIST))["bounces"]
    assert listed["totalCount"] == 2
    complaint, bounce = listed["nodes"]
    assert (complaint["isComplaint"], complaint["isHard"]) == (True, False)
    assert (bounce["isComplaint"], bounce["isHard"]) == (False, True)
    assert (bounce["status"], bounce["text"]) == ("5.1.1", "550 5.1.1 no such user")
    assert bounce["delivery"]["address"] == bounce["suppression"]["address"] == "c0@example.com"
    again = await api.data("query ($id: ID!) { node(id: $id) { id } }", {"id": bounce["id"]})
    assert again["node"]["id"] == bounce["id"]


@pytest.mark.parametrize("role", [None, Role.INGESTOR])
async def test_who_may_not_read_campaigns_reads_none(api: Api, role: Role | None) -> None:
    answer = await api.ask("{ bounces { totalCount } }", role=role)
    assert answer["data"] is None or answer["data"]["bounces"] is None
    assert answer["errors"]
