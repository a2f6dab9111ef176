"""Results that move while the stats stand still: whoever watches the campaign sees them."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from pymongo.asynchronous.client_session import AsyncClientSession

from crm_graphql.app import create_app
from crm_graphql.campaigns.lifecycle import announce_results
from crm_graphql.resources import Resources
from crm_graphql.results.counting import count_results
from crm_graphql.server.gateway import Gateway
from tests.server.live_campaign import LONG_AGO, LiveCampaign, Recorder, subscribe, until

PROGRESS = """subscription ($id: ID!) { campaignProgress(campaignId: $id) {
  revision stats { delivered } results { opens } campaign { revision results { opens } } } }"""
ACTIVE = "subscription { activeCampaigns { revision results { opens } } }"


@pytest.fixture
async def gateway(resources: Resources) -> AsyncIterator[Gateway]:
    app = create_app(resources.settings, resources=resources)
    async with app.router.lifespan_context(app):
        yield app.state.gateway


async def opened(resources: Resources, campaign: LiveCampaign, count: int) -> None:
    """So many opens are counted, and told."""

    async def work(session: AsyncClientSession) -> None:
        await count_results(campaign.key, None, {"opens": count}, session)

    await resources.in_transaction(work)
    await announce_results(campaign.key, bus=resources.bus)


@pytest.mark.parametrize("document", [PROGRESS, ACTIVE], ids=["campaignProgress", "activeCampaigns"])
async def test_each_move_of_results_is_an_event_with_a_higher_revision(
    gateway: Gateway, resources: Resources, document: str
) -> None:
    campaign = await LiveCampaign(resources).create()
    launched = {"$set": {"launched_at": LONG_AGO}}
    await resources.database.campaigns.update_one({"_id": campaign.key}, launched)
    listener = Recorder()
    variables = {"id": campaign.id} if document == PROGRESS else {}
    await subscribe(gateway, resources, listener, document, variables)
    await until(lambda: len(listener.events()) == 1, "the state now")
    for total in (3, 6):
        await opened(resources, campaign, 3)
        await until(lambda total=total: listener.events()[-1]["results"]["opens"] == total, "the opens")  # type: ignore[misc]
    revisions = [event["revision"] for event in listener.events()]
    assert revisions == [1, 2, 3]
    if document == PROGRESS:
        newest = listener.events()[-1]
        assert newest["campaign"] == {"revision": 3, "results": {"opens": 6}}
        assert newest["stats"] == {"delivered": 0}
