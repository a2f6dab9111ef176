"""The zone of a campaign's rule: frozen at its launch, whatever is set afterwards."""

from __future__ import annotations

from datetime import UTC, datetime

from crm_graphql.campaigns.documents import Campaign
from crm_graphql.core.ids import encode_id
from crm_graphql.delivery.campaign_locks import CampaignLocks
from crm_graphql.delivery.planner import Planner
from crm_graphql.resources import Resources
from tests.audiences.factories import where
from tests.consents.factories import make_people
from tests.delivery.factories import campaign_row, make_draft
from tests.gql.conftest import Api
from tests.gql.conftest import api as api

LAUNCH = "mutation ($id: ID!) { campaignLaunch(input: {id: $id}) { campaign { status } errors { message } } }"
TEXT = "query ($id: ID!) { campaign(id: $id) { audienceRuleText } }"
SET = """mutation ($zone: String) { settingsUpdate(input: {timeZone: $zone}) {
  settings { timeZone } errors { path code } } }"""
ON_30_JUNE = where("lastVisitAt", "EQ", "2024-06-30")
LATE = {"email": "late@example.com", "last_visit_at": datetime(2024, 6, 29, 22, 30, tzinfo=UTC)}
"""30 June in Berlin, 29 June in UTC."""


async def planned(resources: Resources, key: object) -> int:
    """How many are in the ledger that a planner writes now."""
    campaign = await Campaign.get_pymongo_collection().find_one({"_id": key})
    assert campaign is not None
    planner = Planner(
        transact=resources.in_transaction,
        bus=resources.bus,
        clock=resources.clock,
        locks=CampaignLocks(),
        lease_seconds=30,
        range_rows=10,
        public_url="",
    )
    await planner.plan(campaign["_id"])
    total: int = (await campaign_row(campaign["_id"]))["stats"]["total"]
    return total


async def test_a_campaign_keeps_the_zone_that_it_was_launched_with(api: Api) -> None:
    await make_people(LATE)
    await api.data(SET, {"zone": "Europe/Berlin"})
    key = await make_draft(api.resources, rule=ON_30_JUNE)
    name = {"id": encode_id("Campaign", key)}
    await api.data(LAUNCH, name)
    await api.data(SET, {"zone": "America/New_York"})
    assert await planned(api.resources, key) == 1
    shown = await api.data(TEXT, name)
    assert shown["campaign"]["audienceRuleText"] == "last visit is on 30 June 2024 (Europe/Berlin)"


async def test_a_draft_goes_by_the_zone_that_is_set_now(api: Api) -> None:
    key = await make_draft(api.resources, rule=ON_30_JUNE)
    await api.data(SET, {"zone": "Europe/Berlin"})
    shown = await api.data(TEXT, {"id": encode_id("Campaign", key)})
    assert shown["campaign"]["audienceRuleText"] == "last visit is on 30 June 2024 (Europe/Berlin)"


async def test_a_campaign_that_an_earlier_release_launched_means_utc(api: Api) -> None:
    await make_people(LATE)
    key = await make_draft(api.resources, rule=ON_30_JUNE)
    name = {"id": encode_id("Campaign", key)}
    await api.data(LAUNCH, name)
    await Campaign.get_pymongo_collection().update_one({"_id": key}, {"$unset": {"time_zone": ""}})
    await api.data(SET, {"zone": "Europe/Berlin"})
    assert await planned(api.resources, key) == 0
    shown = await api.data(TEXT, name)
    assert shown["campaign"]["audienceRuleText"] == "last visit is on 30 June 2024 (UTC)"
