"""Watching some of a campaign's deliveries: only what matches comes, and all of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from crm_graphql.app import create_app
from crm_graphql.core.actor import Actor, Role
from crm_graphql.core.errors import Forbidden
from crm_graphql.core.ids import encode_id
from crm_graphql.delivery.queries import changes_filter
from crm_graphql.resources import Resources
from crm_graphql.server.gateway import Gateway
from tests.gql.factories import insert_customers
from tests.server.live_campaign import LiveCampaign, Recorder, subscribe, until

UPDATES = """subscription ($id: ID!, $after: String, $filter: DeliveryFilter) {
  deliveryUpdates(campaignId: $id, after: $after, filter: $filter) { cursor deliveries { id status } } }"""


@pytest.fixture
async def gateway(resources: Resources) -> AsyncIterator[Gateway]:
    app = create_app(resources.settings, resources=resources)
    async with app.router.lifespan_context(app):
        yield app.state.gateway


async def watch(
    gateway: Gateway,
    resources: Resources,
    campaign: LiveCampaign,
    filter: dict[str, Any],
    *,
    after: str | None = None,
) -> Recorder:
    listener = Recorder()
    variables = {"id": campaign.id, "after": after, "filter": filter}
    await subscribe(gateway, resources, listener, UPDATES, variables)
    await until(lambda: bool(listener.payloads or listener.refusals), "the first event")
    return listener


def ids(campaign: LiveCampaign, *numbers: int) -> set[str]:
    return {encode_id("Delivery", campaign.deliveries[number]) for number in numbers}


async def test_only_what_matches_comes(gateway: Gateway, resources: Resources) -> None:
    campaign = await LiveCampaign(resources).create()
    failed = await watch(gateway, resources, campaign, {"statuses": ["FAILED", "SKIPPED"]})
    everything = await watch(gateway, resources, campaign, {})
    await campaign.change(0, 1, 2)
    await campaign.change(3, 4, status="FAILED")
    await campaign.change(5, status="SKIPPED")
    await until(lambda: len(everything.newest_states()) == 6, "all changes")
    await until(lambda: len(failed.newest_states()) == 3, "those that match")
    assert set(failed.newest_states()) == ids(campaign, 3, 4, 5)


async def test_who_resumes_with_a_filter_misses_nothing_that_matches(
    gateway: Gateway, resources: Resources
) -> None:
    campaign = await LiveCampaign(resources).create()
    first = await watch(gateway, resources, campaign, {"statuses": ["FAILED"]})
    cursor = first.events()[0]["cursor"]
    # More than one event takes, most of which does not match.
    await campaign.change(*range(600), announce=False)
    await campaign.change(*range(600, 1_199), status="FAILED", announce=False)
    resumed = await watch(gateway, resources, campaign, {"statuses": ["FAILED"]}, after=cursor)
    await until(lambda: len(resumed.newest_states()) == 599, "all that match")
    assert set(resumed.newest_states().values()) == {"FAILED"}


async def test_those_to_whom_a_search_finds_come_also_when_they_are_written_down_later(
    gateway: Gateway, resources: Resources
) -> None:
    campaign = await LiveCampaign(resources).create()
    customers = await insert_customers(3, name=lambda number: f"Ida N{number}")
    listener = await watch(gateway, resources, campaign, {"search": "N1"})
    # The ledger's factory writes a delivery's own key for its customer.
    campaign.deliveries[:3] = customers
    await campaign.change(0, 1, 2)
    await until(lambda: bool(listener.newest_states()), "the one")
    assert set(listener.newest_states()) == ids(campaign, 1)


async def test_a_search_needs_the_right_to_read_customers(resources: Resources) -> None:
    campaign = await LiveCampaign(resources).create()
    with pytest.raises(Forbidden):
        await changes_filter(
            Actor(Role.INGESTOR, "machine"), campaign.key, None, None, None, "Ida", default_country=None
        )
