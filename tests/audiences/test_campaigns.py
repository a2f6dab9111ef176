"""The campaigns of an audience: which were sent to it, and what became of all their messages together."""

from __future__ import annotations

from bson import ObjectId

from crm_graphql.audiences.documents import Audience
from crm_graphql.campaigns.documents import Campaign
from crm_graphql.core.ids import encode_id
from crm_graphql.delivery.documents import DeliveryStatus
from tests.delivery.factories import make_ledger
from tests.gql.conftest import Api
from tests.gql.conftest import api as api


async def test_an_audience_has_its_campaigns_and_their_sums(api: Api) -> None:
    rule = '{where: {field: "visitCount", operator: GTE, value: 0}}'
    answer = await api.data(
        f'mutation {{ audienceCreate(input: {{name: "All", rule: {rule}}}) {{ audience {{ id }} }} }}'
    )
    key = answer["audienceCreate"]["audience"]["id"]
    shown = (
        "{ createdBy stats { total delivered queued totalIsFinal } "
        "campaigns(first: 1) { totalCount nodes { id } } }"
    )
    ask = f'{{ audience(id: "{key}") {shown} }}'
    assert (await api.data(ask))["audience"] == {
        "createdBy": "tester",
        "stats": None,
        "campaigns": {"totalCount": 0, "nodes": []},
    }
    made = [await make_ledger(3, status=DeliveryStatus.DELIVERED), await make_ledger(2)]
    audience = (await Audience.get_pymongo_collection().find_one({}) or {})["_id"]
    campaigns = Campaign.get_pymongo_collection()
    await campaigns.update_many({}, {"$set": {"audience_id": audience}})
    draft = await campaigns.find_one({}, {"_id": 0})
    await campaigns.insert_one({**(draft or {}), "_id": ObjectId(), "launched_at": None})
    found = (await api.data(ask))["audience"]
    assert found["stats"] == {"total": 5, "delivered": 3, "queued": 2, "totalIsFinal": True}
    assert found["campaigns"]["totalCount"] == 2
    assert found["campaigns"]["nodes"] == [{"id": encode_id("Campaign", made[1][0])}]
    await campaigns.update_one({"_id": made[0][0]}, {"$set": {"planning.done": False}})
    assert not (await api.data(ask))["audience"]["stats"]["totalIsFinal"]
