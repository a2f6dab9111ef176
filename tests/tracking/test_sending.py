"""Tracked messages from launch to the count: what goes out, and what comes of it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from crm_graphql.campaigns.control import duplicate_campaign
from crm_graphql.campaigns.documents import MessageTemplate
from crm_graphql.campaigns.service import launch_campaign, update_campaign
from crm_graphql.campaigns.terms import Terms
from crm_graphql.core.channels import Channel
from crm_graphql.customers.documents import Customer
from crm_graphql.delivery.rendering import render_delivery
from crm_graphql.http.security import edge_middleware
from crm_graphql.resources import Resources
from crm_graphql.tracking.policy import TrackingPolicy
from crm_graphql.tracking.routes import open_door, routes
from tests.delivery.factories import MARKETER, campaign_row, make_customers, make_draft
from tests.delivery.running import running, until, until_status
from tests.delivery.stand_in import StandInVendor
from tests.tracking.factories import ALL, BROWSER, HTML, ROOT, counts, delivery

MESSAGE = MessageTemplate(subject="News", body=HTML)
SHORT = MessageTemplate(body="Look: https://shop.example/{{ customer.external_id }}.")


async def sent(
    resources: Resources, *, tracking: TrackingPolicy = ALL, **options: Any
) -> tuple[Any, list[Any]]:
    """A campaign and what went out of it, in the order of the ledger."""
    key = await make_draft(resources, **{"message": MESSAGE, **options})
    await launch_campaign(MARKETER, key, bus=resources.bus, tracking=tracking)
    messages: list[Any] = []

    async def remember(some: Any) -> None:
        messages.extend(some)

    vendor = StandInVendor(sends_receipts=False)
    vendor.before = remember
    async with running(resources, vendor, public_url=ROOT):
        await until_status(key, "COMPLETED")
    return await campaign_row(key), sorted(messages, key=lambda message: message.address)


def seen(message: Any) -> str:
    """What its person sees of it."""
    text: str = message.html or message.body
    return text


def tokens(body: str) -> list[str]:
    return re.findall(rf"{ROOT}(/c/[\w-]+)", body)


async def test_links_are_frozen_at_the_launch_and_wrapped_for_each_person(resources: Resources) -> None:
    await make_customers(2)
    campaign, messages = await sent(resources)
    assert campaign["links"] == [
        "https://shop.example/a?x=1&y=2#top",
        "https://shop.example/b",
        "https://shop.example/c/{{ customer.external_id }}",
    ]
    bodies = [seen(message) for message in messages]
    assert [len(tokens(body)) for body in bodies] == [3, 3]
    assert all(f"{ROOT}/o/" in body for body in bodies)
    assert "shop.example" not in "".join(bodies)
    assert set(tokens(bodies[0])).isdisjoint(tokens(bodies[1]))


async def test_what_people_here_are_shown_has_the_plain_links(resources: Resources) -> None:
    await make_customers(1)
    campaign, _ = await sent(resources)
    shown = render_delivery(campaign, await delivery(campaign))
    assert shown is not None
    assert "https://shop.example/c/c0" in shown.body
    assert ROOT not in shown.body


async def test_who_is_not_tracked_gets_plain_links(resources: Resources) -> None:
    keys = await make_customers(2)
    await Customer.get_pymongo_collection().update_one({"_id": keys[0]}, {"$set": {"is_tracked": False}})
    campaign, (first, second) = await sent(resources)
    assert ROOT not in seen(first)
    assert ROOT in seen(second)
    assert (await delivery(campaign))["is_tracked"] is False


@pytest.mark.parametrize(
    ("wants", "deployment", "links", "picture"),
    [
        ((None, None), (True, True), True, True),
        ((None, None), (False, False), False, False),
        ((True, True), (False, False), False, False),
        ((False, None), (True, True), True, False),
        ((None, False), (True, True), False, True),
    ],
)
async def test_campaign_and_deployment_must_both_want_it(
    resources: Resources, wants: Any, deployment: Any, links: bool, picture: bool
) -> None:
    await make_customers(1)
    terms = Terms(tracks_opens=wants[0], tracks_clicks=wants[1])
    campaign, (message,) = await sent(
        resources, terms=terms, tracking=TrackingPolicy(deployment[0], deployment[1], ROOT)
    )
    assert (bool(tokens(seen(message))), f"{ROOT}/o/" in seen(message)) == (links, picture)
    assert (campaign["tracks_clicks"], campaign["tracks_opens"]) == (links, picture)


@pytest.mark.parametrize(("wants", "wrapped"), [(None, False), (True, True), (False, False)])
async def test_short_messages_are_tracked_where_the_campaign_asks_for_it(
    resources: Resources, wants: bool | None, wrapped: bool
) -> None:
    await make_customers(1)
    await Customer.get_pymongo_collection().update_many({}, {"$set": {"phone": "+4930123456"}})
    terms = Terms(tracks_clicks=wants, tracks_opens=True)
    campaign, (message,) = await sent(resources, channel=Channel.SMS, message=SHORT, terms=terms)
    assert bool(tokens(seen(message))) is wrapped
    assert seen(message).endswith(".")
    assert campaign["tracks_opens"] is False


async def test_a_draft_changes_what_it_tracks_and_a_copy_has_it(resources: Resources) -> None:
    key = await make_draft(resources, message=MESSAGE)
    changes = {"tracks_opens": False, "tracks_clicks": True}
    row = await update_campaign(MARKETER, key, changes, clock=resources.clock)
    assert (row["tracks_opens"], row["tracks_clicks"]) == (False, True)
    copy = await duplicate_campaign(MARKETER, key, clock=resources.clock)
    assert (copy["tracks_opens"], copy["tracks_clicks"], copy["links"]) == (False, True, [])


@pytest.fixture
async def client(resources: Resources) -> AsyncIterator[httpx.AsyncClient]:
    app = Starlette(routes=routes, middleware=edge_middleware(resources.settings))
    app.state.resources = resources
    keeper = await open_door(app, resources.settings)
    headers = {"user-agent": BROWSER, "accept-language": "de"}
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url=ROOT, headers=headers
    ) as client:
        yield client
    await keeper.close()


async def test_a_click_from_the_message_to_the_count(resources: Resources, client: httpx.AsyncClient) -> None:
    await make_customers(2)
    campaign, messages = await sent(resources)
    await resources.database["deliveries"].update_many({}, {"$set": {"finished_at": campaign["created_at"]}})
    await resources.database["deliveries"].update_many(
        {}, [{"$set": {"finished_at": {"$subtract": ["$finished_at", 60_000]}}}]
    )
    for path in (tokens(seen(messages[0]))[2], re.findall(rf"{ROOT}(/o/[\w-]+\.gif)", seen(messages[1]))[0]):
        answer = await client.get(path)
        assert answer.status_code in (200, 302)
    assert (await client.get(tokens(seen(messages[1]))[2])).headers["location"] == "https://shop.example/c/c1"
    async with running(resources, StandInVendor(), public_url=ROOT):

        async def counted() -> bool:
            return await counts(campaign["_id"]) == {"opens": 1, "clicks": 2}

        await until(counted)
    assert (await delivery(campaign))["clicked_at"] is not None
